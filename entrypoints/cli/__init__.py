"""``gofer ...``: parse, call, answer. Everything that can be done is done elsewhere.

One module a family of commands. They are all read at every start, to know what there is, so they
import typer and little else; what a command needs it imports when it runs, so that none pays for
another. Problems are exceptions, and become one sentence on stderr in ``problems``.
"""

from .root import app, main, run_part

__all__ = ["app", "main", "run_part"]
