"""Counters in memory, and points that do nothing: the Telemetry of production.

A dispatcher that leaves says what it has counted (``counters``) in its log. Counting must never
block, raise or grow without bound: names are literals of the code, never texts from outside.
"""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from ..domain.ports import Point


class CountingTelemetry:
    """Counts in this process; for one event loop."""

    def __init__(self) -> None:
        self._counters: Counter[str] = Counter()

    @property
    def counters(self) -> Mapping[str, int]:
        """Return all counters as they stand; a view that moves on, 0 for unknown names."""
        return MappingProxyType(self._counters)

    def count(self, name: str, by: int = 1) -> None:
        """Add to a counter."""
        self._counters[name] += by

    def point(self, point: Point) -> None:
        """Do nothing: only crash tests give points a meaning."""
