"""Builds a function from its source, in a child: the text of a module is run in its own namespace.

So no two functions share a global, and the process's ``__main__`` stays empty. While the text is
run its ``__name__`` is not ``"__main__"``, so that what a script does under ``if __name__ ==
"__main__"`` is left undone; afterwards it is, as for functions of a client's script that come as
bytecode, so that results of classes that it defines are pickled by value and open at the client.
The text is told to ``linecache``: tracebacks show its lines.
"""

import linecache
from collections.abc import Callable
from types import FunctionType
from typing import Any

_BUILDING = "__gofer_function__"

_KEPT = 256
"""Of so many sources the lines are kept: twice as many as functions that a child keeps loaded."""

_told: dict[str, None] = {}


def build(text: str, entry: str, digest: str, names: dict[str, Any]) -> Callable[..., Any]:
    """Run a module's text in ``names`` and return the callable that it binds to ``entry``.

    Raises SyntaxError (for this version of Python, maybe), LookupError where there is no such
    callable, and whatever the text itself raises.
    """
    filename = f"<{entry}, {digest[:12]}>"
    _tell_lines(filename, text)
    code = compile(text, filename, "exec", dont_inherit=True)
    names["__name__"] = _BUILDING
    try:
        exec(code, names)  # noqa: S102 - the user's code, where it belongs
    finally:
        names["__name__"] = "__main__"
    for value in list(names.values()):
        if isinstance(value, type | FunctionType) and value.__module__ == _BUILDING:
            value.__module__ = "__main__"
    call: object = names.get(entry)
    if callable(call):
        return call
    raise LookupError(f"the function's source defines no function {entry!r}")


def _tell_lines(filename: str, text: str) -> None:
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    _told.pop(filename, None)
    _told[filename] = None
    while len(_told) > _KEPT:
        oldest = next(iter(_told))
        del _told[oldest]
        linecache.cache.pop(oldest, None)
