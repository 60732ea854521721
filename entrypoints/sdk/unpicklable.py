"""Why something cannot be sent: which object of it, where that is held, and what to do instead.

Picklers say "cannot pickle '_io.TextIOWrapper' object" and leave the user to search for it. Here
the object is searched for: the smallest part that cannot be pickled by itself, and the way to it,
through closures, global names, attributes, items and arguments.
"""

import inspect
import io
import pickle
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import FunctionType, GeneratorType, MethodType, ModuleType
from typing import Any, cast

from .errors import ClientError

DEPTH_MOST = 12
"""How far the way to an object is followed."""

PARTS_MOST = 200
"""Parts of one object that are looked at."""

Dump = Callable[[object], object]

_ADVICE: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (io.IOBase, "open the file inside the function, and send its name"),
    (socket.socket, "connect inside the function, and send the address"),
    (GeneratorType, "send a list of what it yields"),
    (
        (threading.Thread, threading.Event, threading.Condition, type(threading.Lock())),
        "make it inside the function: it means nothing in another process",
    ),
    (ModuleType, "import the module inside the function"),
)


class Unpicklable(ClientError, TypeError, pickle.PicklingError):
    """Something cannot be sent. ``where`` is the way to it, ``kind`` its type.

    It is also what the standard library raises for that: TypeError or PicklingError.
    """

    def __init__(self, what: str, where: str, kind: str, reason: str, advice: str) -> None:
        """Record what was to be sent, the object in it that cannot be, and why."""
        self.what = what
        self.where = where
        self.kind = kind
        self.reason = reason
        self.advice = advice
        place = where or "it"
        super().__init__(f"{what} cannot be sent: {place} is a {kind} ({reason}). {advice}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as what it was made of."""
        return type(self), (self.what, self.where, self.kind, self.reason, self.advice)


def explained(what: str, value: object, reason: BaseException, dump: Dump) -> Unpicklable:
    """Return the error that names the part of ``value`` which ``dump`` cannot take."""
    culprit, base, path, why = value, "", "", reason
    seen: set[int] = set()
    for _ in range(DEPTH_MOST):
        seen.add(id(culprit))
        found = _broken_part(culprit, dump, seen)
        if found is None:
            break
        step, culprit, why = found
        if step.startswith((".", "[")):
            path += step
        else:
            base, path = _of(step, _of(path, base)), ""
    name = type(culprit).__qualname__
    return Unpicklable(what, _of(path, base), name, _words(why), _advice(culprit))


def _broken_part(
    value: object, dump: Dump, seen: set[int]
) -> tuple[str, object, BaseException] | None:
    for count, (step, part) in enumerate(_parts(value)):
        if count >= PARTS_MOST:
            return None
        if id(part) in seen:
            continue
        try:
            dump(part)
        except Exception as error:  # noqa: BLE001 - this is what is searched for
            return step, part, error
    return None


def _parts(value: object) -> Iterator[tuple[str, object]]:
    """Yield what an object is made of, each with the words for the way to it."""
    if isinstance(value, MethodType):
        yield "the object of the method", value.__self__
    elif isinstance(value, partial):
        yield from ((f"argument {n} of the partial", each) for n, each in enumerate(value.args))
        yield from ((f"argument {name!r} of the partial", v) for name, v in value.keywords.items())
        yield "the function of the partial", value.func
    elif isinstance(value, FunctionType):
        yield from _of_function(value)
    elif isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value).items()
        yield from ((f"[{_short(key)}]", each) for key, each in pairs)
    elif isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        items = cast("Sequence[object]", value)
        yield from ((f"[{n}]", each) for n, each in enumerate(items))
    elif not isinstance(value, type | ModuleType):
        attributes: Mapping[str, object] = getattr(value, "__dict__", {})
        yield from ((f".{name}", each) for name, each in attributes.items())


def _of_function(function: FunctionType) -> Iterator[tuple[str, object]]:
    name = function.__name__
    for variable, cell in zip(
        function.__code__.co_freevars, function.__closure__ or (), strict=False
    ):
        try:
            yield f"the variable {variable!r} that {name} closes over", cell.cell_contents
        except ValueError:  # nothing was assigned yet
            continue
    for n, default in enumerate(function.__defaults__ or ()):
        yield f"default {n} of {name}", default
    for variable in _global_names(function):
        if variable in function.__globals__:
            yield f"the global name {variable!r} that {name} uses", function.__globals__[variable]


def _global_names(function: FunctionType) -> list[str]:
    """Return the names that a function, and the functions inside it, look up."""
    names: dict[str, None] = {}
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        names.update(dict.fromkeys(code.co_names))
        codes += [each for each in code.co_consts if inspect.iscode(each)]
    return list(names)


def _of(part: str, whole: str) -> str:
    return f"{part} of {whole}" if part and whole else part or whole


def _short(key: object) -> str:
    text = repr(key)
    return text if len(text) <= 40 else f"{text[:37]}..."  # noqa: PLR2004 - fits on a line


def _words(error: BaseException) -> str:
    text = str(error).splitlines()[0] if str(error) else ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _advice(value: object) -> str:
    for kinds, advice in _ADVICE:
        if isinstance(value, kinds):
            return advice[0].upper() + advice[1:]
    return "Make it inside the function, or send what it is made of"
