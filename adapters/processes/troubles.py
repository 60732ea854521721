"""Puts what the user's code raised into bounded plain text, whatever the exception does.

The exception is of the user's own making: its ``__str__`` may raise, return a text of a gigabyte,
or lie. Nothing here pickles; the pickle of the exception itself is ``child.py``'s business.
"""

import builtins
import traceback
from types import GetSetDescriptorType, MemberDescriptorType, TracebackType
from typing import Final, cast

from ...domain.task import Cause
from .frames import Trouble

MESSAGE_CHARS: Final = 8 * 1024
TRACEBACK_CHARS: Final = 32 * 1024
_TYPE_CHARS: Final = 256
_CODES: Final = 2**31
"""Exit codes beyond are cut to what the system would make of them: their last byte."""

_traceback: GetSetDescriptorType = vars(BaseException)["__traceback__"]
_qualname: GetSetDescriptorType = vars(type)["__qualname__"]
_attributes: GetSetDescriptorType = vars(type)["__dict__"]
_mro: MemberDescriptorType = vars(type)["__mro__"]
# A class's own metaclass may raise, or lie, when it is asked for its name; these do not ask it.


def bounded(text: str, most: int) -> str:
    """Return ``text`` as proper UTF-8 text of at most ``most`` characters, its middle left out."""
    if len(text) > most:
        half = (most - 32) // 2
        left_out = len(text) - 2 * half
        text = f"{text[:half]} [... {left_out} characters ...] {text[-half:]}"
    return str.encode(text, "utf-8", "backslashreplace").decode()[:most]


def type_name(kind: type) -> str:
    """Return a class's name, with its module unless that is the client's script or builtins."""
    name: str = _qualname.__get__(kind)
    module = _attributes.__get__(kind).get("__module__", "builtins")
    alone = type(module) is not str or module in {"builtins", "__main__"}
    return bounded(name if alone else f"{module}.{name}", _TYPE_CHARS)


def message_of(error: BaseException) -> str:
    """Return ``str(error)``, or a text that says why there is none."""
    try:
        return bounded(str(error), MESSAGE_CHARS)
    except BaseException as second:  # noqa: BLE001 - any user code may hide behind str()
        return f"<its text cannot be made: __str__ raised {type_name(type(second))}>"


def traceback_of(error: BaseException, skip: str) -> str:
    """Return the traceback as text, without the leading frames of the file ``skip``: our own."""
    at: TracebackType | None = _traceback.__get__(error)
    while at is not None and at.tb_frame.f_code.co_filename == skip:
        at = at.tb_next
    try:
        lines = traceback.format_exception(type(error), error, at)
        return bounded("".join(lines), TRACEBACK_CHARS)
    except BaseException as second:  # noqa: BLE001 - any user code may hide behind repr() and str()
        return f"<the traceback cannot be made: {type_name(type(second))}>"


def nearest_builtin(error: BaseException, message: str) -> BaseException:
    """Return an exception of the first built-in class that ``error`` is, with ``message``."""
    kinds: tuple[type, ...] = _mro.__get__(type(error))
    for kind in kinds:
        if vars(builtins).get(_qualname.__get__(kind)) is kind and issubclass(kind, BaseException):
            try:
                nearest: BaseException = kind(message)
                return nearest
            except TypeError:
                continue  # UnicodeDecodeError and its like want more than a message
    return RuntimeError(message)


def exit_trouble(error: SystemExit, traceback_text: str) -> Trouble:
    """Return what ``sys.exit`` in the user's code comes to: its code as the shell would see it."""
    code = error.code
    number = 0 if code is None else 1
    if issubclass(type(code), int):
        number = int.__add__(cast("int", code), 0)
        number = number if abs(number) < _CODES else number & 0xFF
    try:
        shown = bounded(repr(code), 200)
    except BaseException as second:  # noqa: BLE001 - any user code may hide behind repr()
        shown = f"<its repr raised {type_name(type(second))}>"
    message = f"the function called sys.exit({shown})"
    return Trouble(Cause.EXIT, "SystemExit", message, traceback_text, exit_code=number)


def missing_module(error: ModuleNotFoundError, path: list[str]) -> ModuleNotFoundError:
    """Return ``error`` with a text that says what was missed, where, and what to do about it."""
    return ModuleNotFoundError(
        f"{message_of(error)}: the task refers to a module that this worker cannot import. "
        f"It was looked for in: {', '.join(path)}. To mend it, install the module on the worker, "
        "or name its folder in PYTHONPATH or with --path DIR when the worker is started.",
        name=error.name,
    )
