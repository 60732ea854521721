"""The tasks of ``gofer bench``, as pickles written by hand.

The functions are built-ins, which every worker has whatever its Python version, and the bytes
are few and always the same; so nothing here needs a pickler.
"""

NOOP = b"\x80\x04cbuiltins\nbool\n."
"""The pickle of ``bool``."""

ECHO = b"\x80\x04cbuiltins\nbytes\n."
"""The pickle of ``bytes``, which returns bytes as they are."""

NOTHING = b"\x80\x04)}\x86."
"""The pickle of ``((), {})``."""

FALSE = b"\x89."
"""How the pickle of what ``bool()`` returns ends."""


def arguments(body: bytes) -> bytes:
    """Return the pickle of ``((body,), {})``."""
    return b"\x80\x04B" + len(body).to_bytes(4, "little") + body + b"\x85}\x86."
