"""The functions that a dispatcher has at hand, so that the store is asked once for each."""

from collections import OrderedDict
from collections.abc import Iterable

from ...domain.function import Function
from ...domain.identifiers import FunctionId
from ...domain.ports import FunctionStore

CACHE_BYTES = 256 * 1024 * 1024
"""Code of functions kept in memory; the least recently used go first."""


class FunctionCache:
    """A read-through cache; functions never change, so that nothing can be out of date."""

    def __init__(self, store: FunctionStore, most_bytes: int = CACHE_BYTES) -> None:
        """Read from ``store``, keep up to ``most_bytes`` of code."""
        self._store = store
        self._most_bytes = most_bytes
        self._kept: OrderedDict[FunctionId, Function] = OrderedDict()
        self._bytes = 0

    async def get(self, ids: Iterable[FunctionId]) -> dict[FunctionId, Function]:
        """Return those that exist; raise StoreUnavailable if one had to be asked for in vain."""
        found: dict[FunctionId, Function] = {}
        missing: list[FunctionId] = []
        for identifier in set(ids):
            kept = self._kept.get(identifier)
            if kept is None:
                missing.append(identifier)
            else:
                found[identifier] = kept
                self._kept.move_to_end(identifier)
        if missing:
            for function in await self._store.fetch(sorted(missing)):
                if function is not None:
                    found[function.id] = function
                    self._keep(function)
        return found

    def _keep(self, function: Function) -> None:
        if function.id in self._kept:
            return
        self._kept[function.id] = function
        self._bytes += _size(function)
        while self._bytes > self._most_bytes and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= _size(dropped)


def _size(function: Function) -> int:
    return len(function.payload) + len(function.source)
