"""Simulated time: what happens when, in one thread, and the story of what did happen."""

import heapq
from collections.abc import Callable
from itertools import count

MOST_EVENTS_A_SECOND = 4_000
"""More events than this in one simulated second mean that somebody spins."""


class Violation(AssertionError):
    """Something happened that must never happen, or did not happen in time."""


class Timeline:
    """Events in the order of their time, and of being planned where times are equal."""

    def __init__(self) -> None:
        self.now = 0.0
        self.steps = 0
        self._numbers = count()
        self._planned: list[tuple[float, int, Callable[[], None]]] = []
        self._second = (0, 0)

    def after(self, delay_ms: float, action: Callable[[], None]) -> None:
        """Have ``action`` called ``delay_ms`` from now."""
        heapq.heappush(self._planned, (self.now + delay_ms, next(self._numbers), action))

    def run(self, until: Callable[[], bool], deadline_ms: float) -> bool:
        """Let things happen until a condition holds; False if it does not by the deadline."""
        while not until():
            if not self._planned or self._planned[0][0] > deadline_ms:
                self.now = deadline_ms
                return False
            self.now, _, action = heapq.heappop(self._planned)
            self.steps += 1
            self._count()
            action()
        return True

    def _count(self) -> None:
        second, events = self._second
        if int(self.now / 1000) != second:
            second, events = int(self.now / 1000), 0
        self._second = (second, events + 1)
        if events > MOST_EVENTS_A_SECOND:
            raise Violation(f"more than {MOST_EVENTS_A_SECOND} events in one second: a busy loop")


class Story:
    """What happened, cheaply kept and only written out when somebody wants to read it."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._lines: list[tuple[float, str, str, object]] = []

    def tell(self, who: str, what: str, detail: object = "") -> None:
        """Note what ``who`` did; ``detail`` must not change afterwards."""
        self._lines.append((self._timeline.now, who, what, detail))

    def text(self, last: int | None = None) -> str:
        """Return the story, or the end of it, a line an event."""
        lines = self._lines if last is None else self._lines[-last:]
        return "\n".join(f"{at:12.3f}  {who:4} {what} {detail}" for at, who, what, detail in lines)

    def __len__(self) -> int:
        return len(self._lines)
