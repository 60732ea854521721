"""Turns a recorded failure into the bytes that an original client decodes to an exception.

Original clients read one text and expect ``dill.loads`` of it to be the exception itself. Where
the child could pickle what the function raised, those bytes pass through untouched. For all other
failures this module writes a built-in exception. It must never load a pickle, and never put a
class of ours into one: the text must decode where nothing but dill is installed.
"""

import pickle
import signal
from collections.abc import Mapping
from types import MappingProxyType

from ..domain.task import Cause, Failure

PROTOCOL = 4
"""The pickle protocol of what is written here: dill's own default up to Python 3.13."""

_KINDS: Mapping[Cause, type[Exception]] = MappingProxyType(
    {
        Cause.EXCEPTION: RuntimeError,
        Cause.TIMEOUT: TimeoutError,
        Cause.MEMORY: MemoryError,
        Cause.SIGNAL: RuntimeError,
        Cause.EXIT: RuntimeError,
        Cause.WORKER_LOST: RuntimeError,
        Cause.UNSERIALIZABLE: TypeError,
        Cause.TOO_LARGE: ValueError,
        Cause.INCOMPATIBLE: RuntimeError,
        Cause.CANCELLED: RuntimeError,
        Cause.EXPIRED: TimeoutError,
    }
)

_WORDS: Mapping[Cause, str] = MappingProxyType(
    {
        Cause.EXCEPTION: "the function raised an exception that could not be pickled",
        Cause.TIMEOUT: "the function ran longer than its time limit",
        Cause.MEMORY: "the function used more memory than it may",
        Cause.SIGNAL: "the process that ran the function was killed",
        Cause.EXIT: "the process that ran the function ended",
        Cause.WORKER_LOST: "the worker that ran the function was lost",
        Cause.UNSERIALIZABLE: "the function's result cannot be pickled",
        Cause.TOO_LARGE: "the function's result is over the limit",
        Cause.INCOMPATIBLE: "the worker's Python cannot run this function",
        Cause.CANCELLED: "the task was cancelled",
        Cause.EXPIRED: "the task expired before it was started",
    }
)

_RAISED: Mapping[str, type[Exception]] = MappingProxyType(
    {
        kind.__name__: kind
        for kind in (
            *(ArithmeticError, AssertionError, AttributeError, BufferError, EOFError, Exception),
            *(FloatingPointError, ImportError, IndexError, KeyError, LookupError, MemoryError),
            *(ModuleNotFoundError, NameError, NotImplementedError, OSError, OverflowError),
            *(PermissionError, FileNotFoundError, FileExistsError, ConnectionError, TimeoutError),
            *(RecursionError, ReferenceError, RuntimeError, StopIteration, SyntaxError),
            *(SystemError, TypeError, UnboundLocalError, ValueError, ZeroDivisionError),
        )
    }
)
"""Built-ins that a message alone makes, and that every Python which runs dill has."""


def as_exception_pickle(failure: Failure) -> bytes:
    """Return the pickle of the exception that a client sees; made by the child, or built here.

    What is built here is the nearest built-in exception: its message says what happened, and the
    traceback's text, where there is one, is in ``__notes__``.
    """
    if failure.exception:
        return failure.exception
    exception = _built_in(failure)
    if failure.traceback:
        exception.add_note(failure.traceback)
    return pickle.dumps(exception, protocol=PROTOCOL)


def _built_in(failure: Failure) -> Exception:
    if failure.cause is Cause.EXCEPTION:
        name = failure.type.removeprefix("builtins.")
        if name in _RAISED:
            return _RAISED[name](failure.message)
        return RuntimeError(
            ": ".join(part for part in (name, failure.message) if part) or _WORDS[failure.cause]
        )
    words = ": ".join(part for part in (_WORDS[failure.cause], failure.message) if part)
    return _KINDS[failure.cause](words + _evidence(failure))


def _evidence(failure: Failure) -> str:
    """Return what is known of the death, in brackets, or nothing."""
    facts = [
        *([f"signal {failure.signal}{_signal_name(failure.signal)}"] if failure.signal else []),
        *([f"exit code {failure.exit_code}"] if failure.exit_code is not None else []),
        *([f"peak memory {failure.peak_rss_kb // 1024} MiB"] if failure.peak_rss_kb else []),
        *([f"worker {failure.worker}"] if failure.worker else []),
        *([f"attempt {failure.attempt}"] if failure.attempt else []),
    ]
    return f" ({', '.join(facts)})" if facts else ""


def _signal_name(number: int) -> str:
    known = {int(member): member.name for member in signal.Signals}
    return f" {known[number]}" if number in known else ""
