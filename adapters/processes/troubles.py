"""Puts what the user's code raised into bounded plain text, whatever the exception does.

The exception is of the user's own making: its ``__str__`` may raise, return a text of a gigabyte,
or lie. Nothing here pickles; the pickle of the exception itself is ``child.py``'s business.
"""

import traceback
from types import GetSetDescriptorType, TracebackType
from typing import Final

from ...domain.task import Cause
from .frames import Trouble

MESSAGE_CHARS: Final = 8 * 1024
TRACEBACK_CHARS: Final = 32 * 1024
_TYPE_CHARS: Final = 256

_traceback: GetSetDescriptorType = vars(BaseException)["__traceback__"]


def bounded(text: str, most: int) -> str:
    """Return ``text`` as proper UTF-8 text of at most ``most`` characters, its middle left out."""
    if len(text) > most:
        half = (most - 32) // 2
        left_out = len(text) - 2 * half
        text = f"{text[:half]} [... {left_out} characters ...] {text[-half:]}"
    return str.encode(text, "utf-8", "backslashreplace").decode()[:most]


def type_name(kind: type) -> str:
    """Return a class's name, with its module unless that is the client's script or builtins."""
    name, module = kind.__qualname__, kind.__module__
    return bounded(name if module in {"builtins", "__main__"} else f"{module}.{name}", _TYPE_CHARS)


def message_of(error: BaseException) -> str:
    """Return ``str(error)``, or a text that says why there is none."""
    try:
        return bounded(str(error), MESSAGE_CHARS)
    except BaseException as second:  # noqa: BLE001 - any user code may hide behind str()
        return f"<its text cannot be made: __str__ raised {type(second).__name__}>"


def traceback_of(error: BaseException, skip: str) -> str:
    """Return the traceback as text, without the leading frames of the file ``skip``: our own."""
    at: TracebackType | None = _traceback.__get__(error)
    while at is not None and at.tb_frame.f_code.co_filename == skip:
        at = at.tb_next
    try:
        lines = traceback.format_exception(type(error), error, at)
        return bounded("".join(lines), TRACEBACK_CHARS)
    except BaseException as second:  # noqa: BLE001 - any user code may hide behind repr() and str()
        return f"<the traceback cannot be made: {type(second).__name__}>"


def nearest_builtin(error: BaseException, message: str) -> BaseException:
    """Return an exception of the first built-in class that ``error`` is, with ``message``."""
    for kind in type(error).__mro__:
        if kind.__module__ == "builtins" and issubclass(kind, BaseException):
            try:
                return kind(message)
            except TypeError:
                continue  # UnicodeDecodeError and its like want more than a message
    return RuntimeError(message)


def exit_trouble(error: SystemExit, traceback_text: str) -> Trouble:
    """Return what ``sys.exit`` in the user's code comes to: its code as the shell would see it."""
    code = error.code
    number = code if isinstance(code, int) else 0 if code is None else 1
    message = f"the function called sys.exit({bounded(repr(code), 200)})"
    return Trouble(Cause.EXIT, "SystemExit", message, traceback_text, exit_code=int(number))


def missing_module(error: ModuleNotFoundError, path: list[str]) -> ModuleNotFoundError:
    """Return ``error`` with a text that says what was missed, where, and what to do about it."""
    return ModuleNotFoundError(
        f"{message_of(error)}: the task refers to a module that this worker cannot import. "
        f"It was looked for in: {', '.join(path)}. To mend it, install the module on the worker, "
        "or name its folder in PYTHONPATH or with --path DIR when the worker is started.",
        name=error.name,
    )
