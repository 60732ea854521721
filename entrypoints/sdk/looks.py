"""What a function refers to at one moment, so that it can be told later whether that has changed.

A function that is sent by value takes along what it refers to: global names, closures, defaults,
and whatever those refer to. All of that is looked at once, when the function is packed; telling
afterwards whether it is still the same costs some comparisons of identity, and no pickling.

Seen are: a name that is bound anew, in the function or in one that it calls; code, defaults,
attributes and closures of functions and methods; attributes of classes and plain objects; what
lists, sets, dictionaries and short buffers hold. Not seen are: what is inside objects that pickle
themselves in a way of their own, further items than ``LOOKED_MOST`` in all, and what belongs to a
module that the worker imports itself.
"""

import sys
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from operator import is_
from types import FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any

from .sources import names_in

LOOKED_MOST = 1_000
"""Items of containers, attributes and names that are looked at for one function."""

BUFFER_BYTES = 64 * 1024
"""Buffers (bytearray, array, numpy's arrays) up to this length are compared byte by byte."""

_MISSING = object()
_ATOMS = frozenset({type(None), bool, bytes, complex, float, int, str, range, type(...)})
_CONTAINERS = (list, tuple, set, frozenset, deque)

_WRAPPERS: tuple[tuple[tuple[type, ...], tuple[str, ...]], ...] = (
    ((partial,), ("func", "args", "keywords")),
    ((MethodType, staticmethod, classmethod), ("__func__", "__self__")),
    ((property,), ("fget", "fset", "fdel")),
    ((ModuleType,), ()),  # is sent by its name
)
"""What only stands for other things, and the names of those."""

_MADE_BY_USE = ("__slotnames__", "__annotations_cache__")
"""What pickling a class's first object, or asking for its annotations, leaves in the class."""

_HEAP_TYPE = 1 << 9
"""The flag of classes that a ``class`` statement can have made."""

Read = Callable[[Any], Sequence[object]]


class Looks:
    """What a function refers to; it is held, so that another object is never taken for it."""

    def __init__(self, function: object) -> None:
        """Look at ``function`` and what it refers to, nearest things first."""
        self._names: list[tuple[dict[str, Any], str, object]] = []
        self._parts: list[tuple[Any, Read, Sequence[object]]] = []
        self._texts: list[tuple[Any, Callable[[Any], object], object]] = []
        self._left = LOOKED_MOST
        seen: set[int] = set()
        waiting: deque[Any] = deque([function])
        while waiting and self._left > 0:
            thing = waiting.popleft()
            if type(thing) in _ATOMS or id(thing) in seen:
                continue
            seen.add(id(thing))
            waiting.extend(self._look(thing))

    def still(self) -> bool:
        """Tell whether everything that was looked at is the very same as then."""
        try:
            for names, name, value in self._names:
                if names.get(name, _MISSING) is not value:
                    return False
            for thing, read, was in self._parts:
                now = read(thing)
                # what is equal may still be another object
                if len(now) != len(was) or not all(map(is_, now, was)):
                    return False
            return all(read(thing) == was for thing, read, was in self._texts)
        except (RuntimeError, BufferError):  # another thread is just changing it
            return False

    # ------------------------------------------------------------ looking

    def _look(self, thing: Any) -> Iterable[object]:
        """Keep how a thing looks; return what is to be looked at next."""
        thing = _plain(thing)
        if isinstance(thing, FunctionType):
            return self._function(thing) if _is_sent_by_value(thing) else ()
        if isinstance(thing, type):
            return self._class(thing) if _is_sent_by_value(thing) else ()
        kind = _kind(thing)
        for kinds, names in _WRAPPERS:
            if issubclass(kind, kinds):
                return [getattr(thing, name, None) for name in names]
        return self._value(thing, kind)

    def _value(self, thing: Any, kind: type[Any]) -> Iterable[object]:
        if issubclass(kind, (*_CONTAINERS, dict)):
            if len(thing) > self._left:
                self._texts.append((thing, len, len(thing)))
                return ()
            return self._keep(thing, _pairs if issubclass(kind, dict) else tuple)
        if _is_its_attributes(kind):
            return [kind, *self._keep(thing, _attributes)]
        text = _buffer(thing)
        if text is not None:
            self._texts.append((thing, _buffer, text))
        return (kind,)

    def _class(self, kind: type) -> Iterable[object]:
        return [*kind.__bases__, *self._keep(kind, _members)]

    def _function(self, function: FunctionType) -> Iterable[object]:
        self._keep(function, _code)
        bound = function.__globals__
        names = sorted(set(names_in(function.__code__)))
        found = [bound.get(name, _MISSING) for name in names]
        self._names += [(bound, name, value) for name, value in zip(names, found, strict=True)]
        self._left -= len(found)
        cells = function.__closure__
        inside = self._keep(cells, _contents) if cells else ()
        more = function.__dict__ or None  # usually there is nothing in it
        return [*found, *inside, function.__defaults__, function.__kwdefaults__, more]

    def _keep(self, thing: Any, read: Read) -> Sequence[object]:
        was = read(thing)
        self._parts.append((thing, read, was))
        self._left -= 1 + len(was)
        return was


# ---------------------------------------------------------------- how things are read


def _code(function: FunctionType) -> Sequence[object]:
    there_are = bool(function.__dict__)
    return function.__code__, function.__defaults__, function.__kwdefaults__, there_are


def _contents(cells: Iterable[Any]) -> Sequence[object]:
    return [_content(cell) for cell in cells]


def _content(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # nothing was assigned yet
        return _MISSING


def _pairs(thing: dict[Any, Any]) -> Sequence[object]:
    return *thing, *thing.values()


def _members(kind: type) -> Sequence[object]:
    members = dict(vars(kind))
    for made in _MADE_BY_USE:
        members.pop(made, None)
    return _pairs(members)


def _attributes(thing: object) -> Sequence[object]:
    own: dict[str, object] = getattr(thing, "__dict__", {})
    return *_pairs(own), *(getattr(thing, name, _MISSING) for name in _slots(type(thing)))


def _slots(kind: type) -> Iterable[str]:
    for each in kind.__mro__:
        slots = vars(each).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in {"__dict__", "__weakref__"}:
                yield name


def _buffer(thing: Any) -> bytes | None:
    """Return the bytes of a short buffer; None of what is none."""
    try:
        with memoryview(thing) as view:
            return bytes(view) if view.nbytes <= BUFFER_BYTES else None
    except (TypeError, ValueError, BufferError, NotImplementedError):
        return None


# ---------------------------------------------------------------- what is sent by value


def _is_sent_by_value(thing: Any) -> bool:
    """Tell whether a function or class takes its content along: it cannot be imported."""
    if isinstance(thing, type) and not thing.__flags__ & _HEAP_TYPE:
        return False
    module = sys.modules.get(thing.__module__ or "__main__")
    if module is None or module.__name__ == "__main__":
        return True
    found: Any = module
    for name in thing.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is not thing


def _kind(thing: object) -> type[Any]:
    return type(thing)


def _plain(thing: Any) -> Any:
    """Return the function that a decorated one stands for: that is what is sent."""
    own: dict[str, object] = getattr(thing, "__dict__", {})
    return own.get("__gofer_function__", thing)


def _is_its_attributes(kind: type) -> bool:
    """Tell whether objects of a class are pickled as their attributes, and nothing else."""
    special = ("__reduce_ex__", "__reduce__", "__getstate__")
    as_usual = all(getattr(kind, each) is getattr(object, each) for each in special)
    return as_usual or kind is SimpleNamespace
