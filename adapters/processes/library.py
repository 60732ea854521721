"""The functions that the worker was sent, within a bound.

A function that was dropped is asked for anew by the worker's core, so the bound costs a moment
when it is met and never a task.
"""

from collections.abc import Callable, Collection, Sequence

from ...domain.protocol.messages import FunctionBody

LIBRARY_BYTES = 256 * 1024 * 1024

SHELF_MOST = 128
"""How many functions a child keeps loaded."""


class Library(dict[str, FunctionBody]):
    """Functions by digest; those that were learnt first are dropped first."""

    def __init__(self, most_bytes: int = LIBRARY_BYTES) -> None:
        """Keep about ``most_bytes``: more only if all of it is in use."""
        super().__init__()
        self._most = most_bytes
        self._bytes = 0

    def learn(self, functions: Sequence[FunctionBody], in_use: Callable[[], set[str]]) -> None:
        """Add functions; over the bound, drop others that are neither new nor ``in_use``."""
        for function in functions:
            self._drop(function.digest)
            self._bytes += len(function.payload)
            self[function.digest] = function
        if self._bytes <= self._most:
            return
        needed = in_use() | {function.digest for function in functions}
        for digest in [digest for digest in self if digest not in needed]:
            if self._bytes <= self._most:
                return
            self._drop(digest)

    def _drop(self, digest: str) -> None:
        dropped = self.pop(digest, None)
        self._bytes -= len(dropped.payload) if dropped else 0


class Shelf:
    """Which functions one child keeps loaded: those that it was sent tasks of last."""

    def __init__(self) -> None:
        """Start with none."""
        self._kept: dict[str, None] = {}

    def has(self, digest: str) -> bool:
        """Return whether a function is there; from now on it is, the last one used."""
        known = digest in self._kept
        if known:
            del self._kept[digest]
        self._kept[digest] = None
        return known

    def clear(self, in_use: Collection[str]) -> list[str]:
        """Take those out that were used longest ago, if they are too many; return them."""
        if len(self._kept) <= SHELF_MOST:
            return []
        surplus = [digest for digest in [*self._kept][:-SHELF_MOST] if digest not in in_use]
        for digest in surplus:
            del self._kept[digest]
        return surplus
