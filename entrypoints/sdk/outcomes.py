"""Pickles of a client's own: functions and arguments on their way out, results on their way in.

Here, and in a worker's child, pickles are opened; nowhere else. Plain pickle is tried first, which
is four times as fast and right for plain data; dill, which takes 60 ms to import, only if it must.
"""

import pickle
from collections.abc import Callable
from typing import Any, cast

from .errors import RemoteError
from .wire import LONG_BYTES, Error, Item, Payload

PLAIN = frozenset({bool, bytes, float, int, str, type(None)})
"""Types (exactly these, no subclasses) whose values mean the same to every pickler."""

# ruff: noqa: PLC0415 - dill is imported by those who need it


def dump(value: object) -> bytes:
    """Return the pickle of a function or of arguments, with what a function needs of its script.

    The same function is the same pickle in every process.
    """
    from . import steady

    return steady.dumps(value)


def dump_function(function: Callable[..., Any]) -> bytes:
    """Return the pickle of a function; raise Unpicklable, which says what of it cannot be sent."""
    try:
        return dump(function)
    except Exception as error:
        from .unpicklable import explained

        name = getattr(function, "__qualname__", type(function).__qualname__)
        raise explained(f"the function {name}", function, error, dump) from error


def dill_version() -> str:
    """Return the version of dill that makes our pickles."""
    import dill  # type: ignore[import-untyped]

    return str(cast("Any", dill).__version__)


def dump_call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    """Return the pickle of a call's arguments.

    Plain values need nothing of dill, which takes 11 us for what pickle does in less than one.
    Raises Unpicklable, which names the argument and what of it cannot be sent.
    """
    if PLAIN.issuperset(map(type, args)) and PLAIN.issuperset(map(type, kwargs.values())):
        return pickle.dumps((args, kwargs))
    try:
        return dump((args, kwargs))
    except Exception as error:
        from .unpicklable import explained

        named = {**{f"argument {at}": each for at, each in enumerate(args)}, **kwargs}
        for name, each in named.items():
            try:
                dump(each)
            except Exception as reason:  # noqa: BLE001 - this is what is searched for
                what = f"the {name}" if name.startswith("argument ") else f"the argument {name!r}"
                raise explained(what, each, reason, dump) from error
        raise


def call_in_pieces(args: tuple[Any, ...]) -> Payload:
    """Return as ``dump_call`` does, in pieces where long bytes are among plain arguments.

    These are pieces themselves: they are not copied, for which memory would have to be got first.
    """
    if not (PLAIN.issuperset(map(type, args)) and any(map(_is_long, args))):
        return dump_call(args, {})
    pieces = _Pieces()
    pickle.Pickler(pieces).dump((args, {}))
    return list(pieces)


class _Pieces(list[bytes]):
    """A file for pickle, which writes long bytes to one as they are."""

    write = list[bytes].append


def _is_long(value: object) -> bool:
    return isinstance(value, bytes) and len(value) >= LONG_BYTES


def load(pickled: bytes | memoryview) -> Any:
    """Return the value of a pickle that a worker made; whoever calls this trusts the workers."""
    try:
        return pickle.loads(pickled)  # noqa: S301 - this is what a client is for
    except Exception:  # noqa: BLE001 - what plain pickle cannot load, dill may
        import dill

        return cast("Any", dill).loads(pickled)


def value_of(item: Item) -> Any:
    """Return what a task returned, or raise what it raised.

    Its own exception, where that can be rebuilt here, with the worker's traceback as a note; else
    RemoteError.
    """
    value, error = outcome_of(item)
    if error is not None:
        raise error
    return value


def outcome_of(item: Item) -> tuple[Any, BaseException | None]:
    """Return what a task returned, or what it raised: the one that is not None, if any."""
    if item.error is not None:
        return None, exception_of(item.error)
    if item.payload is None:
        return None, forgotten()
    try:
        return load(item.payload), None
    except SystemExit as error:  # must not end whoever only asks for a result
        text = f"what the task returned calls sys.exit({error.code!r}) when it is opened"
        return None, RemoteError("SystemExit", text, "unserializable", "")
    except Exception as error:  # noqa: BLE001 - the caller gets it in place of the value
        error.add_note(
            "The task completed, but what it returned cannot be rebuilt here: its class or module "
            "is missing, or another version."
        )
        return None, error


def forgotten() -> RemoteError:
    """Return the error of a task that the service knows no more."""
    return RemoteError("Forgotten", "the task's result is kept no longer", "expired", "")


def exception_of(error: Error) -> BaseException:
    """Return the exception that stands for a failure."""
    if error.exception:
        try:
            rebuilt = load(error.exception)
        except (Exception, SystemExit):  # noqa: BLE001 - its class is not here; the words are
            rebuilt = None
        if isinstance(rebuilt, BaseException) and not _stands_in(rebuilt, error.type):
            return rebuilt
    return RemoteError(error.type, error.message, error.cause, error.traceback)


def _stands_in(rebuilt: BaseException, raised: str) -> bool:
    """Tell whether a built-in exception only stands for another: one that could not travel.

    A worker sends the nearest built-in in place of what it cannot pickle and open again; what was
    raised is ``raised``, with its module unless that is the client's script or builtins.
    """
    kind = type(rebuilt)
    return kind.__module__ == "builtins" and raised not in {"", kind.__qualname__}
