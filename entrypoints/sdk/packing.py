"""Functions on their way out: what is registered, and when the same function is the same again.

A function is sent once and then named by its id. It is pickled anew when something of it, or of
what it refers to, has changed, as far as that can be seen without pickling: see ``looks``.
"""

import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import BuiltinFunctionType, FunctionType
from typing import Any

import msgspec

from . import outcomes, sources
from .looks import Looks

KEPT_MOST = 128
"""Functions that are remembered; the one that came first is pickled anew."""

_UNCHANGING = (FunctionType, BuiltinFunctionType, type, partial)


@dataclass(slots=True)
class Parcel:
    """A function ready to be registered; ``id`` is what the service calls it, once it does."""

    name: str
    bytecode: bytes
    environment: Mapping[str, Any] = field(default_factory=dict[str, Any])
    source: str = ""
    entry: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    id: str = ""
    renewed: bool = False
    """Whether the service did not know the id any more and it was registered again."""

    def wish(self) -> bytes:
        """Return the body of POST /v1/functions."""
        said: dict[str, Any] = {"name": self.name, "environment": self.environment}
        if self.bytecode:
            said["bytecode"] = self.bytecode
        if self.source:
            said |= {"source": self.source, "entry": self.entry}
        if self.defaults:
            said["defaults"] = self.defaults
        return msgspec.json.encode(said)


def pack(
    function: Callable[..., Any] | bytes, name: str = "", defaults: Mapping[str, Any] | None = None
) -> Parcel:
    """Return a function, or the pickle of one, ready to be registered.

    Raises Unpicklable, which names what of it cannot be sent, and why.
    """
    named = name or name_of(function)
    if isinstance(function, bytes):
        return Parcel(named, function, defaults=defaults or {})
    bytecode = outcomes.dump_function(function)
    source = sources.source_of(function)
    entry = str(getattr(function, "__name__", "")) if source else ""
    return Parcel(named, bytecode, environment(function), source, entry, defaults or {})


def environment(function: object) -> dict[str, Any]:
    """Return what the bytecode of a function needs: interpreter, modules, names."""
    return {
        "implementation": sys.implementation.name,
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "dill": outcomes.dill_version(),
        "modules": sources.modules_of(function),
        "names": sources.free_names(function),
    }


def name_of(function: object) -> str:
    """Return what a callable is called; slashes and @ would mean something in a URL."""
    inner = getattr(function, "func", function)  # of a partial
    name = getattr(inner, "__name__", None) or type(inner).__name__
    kept = "".join(each if each.isprintable() and each not in "/@" else "_" for each in str(name))
    return kept[:256] or "function"


class Shelf:
    """The functions that were packed last, so that one is pickled and registered once.

    For any number of threads: two that pack the same function at once register it twice, which
    the service knows for the same.
    """

    def __init__(
        self, name: str = "", defaults: Mapping[str, Any] | None = None, most: int = KEPT_MOST
    ) -> None:
        """Remember ``most`` functions, all registered as ``name``, if given, and ``defaults``."""
        self._name = name
        self._defaults = defaults
        self._most = most
        self._seen: OrderedDict[int, tuple[Any, Looks, Parcel]] = OrderedDict()
        self._packed: OrderedDict[bytes, Parcel] = OrderedDict()

    def parcel(self, function: Callable[..., Any]) -> Parcel:
        """Return a function's parcel; raise Unpicklable."""
        if not isinstance(function, _UNCHANGING):
            return self._parcel(function)  # an object with a state of its own, or a method of one
        kept = self._seen.get(id(function))
        if kept is not None and kept[0] is function and kept[1].still():
            return kept[2]
        looks = Looks(function)  # before it is packed: what changes meanwhile is noticed next time
        parcel = self._parcel(function)
        self._seen[id(function)] = (function, looks, parcel)
        _shorten(self._seen, self._most)
        return parcel

    def _parcel(self, function: Callable[..., Any]) -> Parcel:
        parcel = pack(function, self._name, self._defaults)
        known = self._packed.setdefault(parcel.bytecode, parcel)
        _shorten(self._packed, self._most)
        return known if known.name == parcel.name else parcel


def _shorten(kept: OrderedDict[Any, Any], most: int) -> None:
    """Drop what came first, beyond ``most``."""
    while len(kept) > most:
        try:
            kept.popitem(last=False)
        except KeyError:  # another thread was quicker
            return
