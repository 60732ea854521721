"""Simulated time: what happens when, in one thread, and the story of what did happen."""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from tests.support.simulation.rules import Rule, Violation

MOST_EVENTS_A_SECOND = 4_000
"""More events than this in one simulated second mean that somebody spins."""

SECOND_MS = 1_000.0


class Timeline:
    """Events in the order of their time, and of being planned where times are equal."""

    def __init__(self) -> None:
        self.now = 0.0
        self.steps = 0
        self._numbers = count()
        self._planned: list[tuple[float, int, Callable[[], None]]] = []
        self._second_ends = SECOND_MS
        self._steps_before = 0

    def after(self, delay_ms: float, action: Callable[[], None]) -> None:
        """Have ``action`` called ``delay_ms`` from now."""
        heappush(self._planned, (self.now + delay_ms, next(self._numbers), action))

    def run(self, until: Callable[[], bool], deadline_ms: float) -> bool:
        """Let things happen until a condition holds; False if it does not by the deadline."""
        planned = self._planned
        while not until():
            if not planned or planned[0][0] > deadline_ms:
                self.now = deadline_ms
                return False
            self.now, _, action = heappop(planned)
            self.steps += 1
            if self.now >= self._second_ends:
                self._second_ends = self.now + SECOND_MS
                self._steps_before = self.steps
            elif self.steps - self._steps_before > MOST_EVENTS_A_SECOND:
                raise Violation(
                    Rule.NO_SPIN, f"more than {MOST_EVENTS_A_SECOND} events in one second"
                )
            action()
        return True


class Story:
    """What happened, cheaply kept and only written out when somebody wants to read it.

    Unless it is ``kept`` nothing is: a run that goes wrong is simply run again to be told.
    """

    def __init__(self, timeline: Timeline, *, kept: bool) -> None:
        self._timeline = timeline
        self.kept = kept
        self._lines: list[tuple[float, str, str, object]] = []

    def tell(self, who: str, what: str, detail: object = "") -> None:
        """Note what ``who`` did; ``detail`` must not change afterwards."""
        if self.kept:
            self._lines.append((self._timeline.now, who, what, detail))

    def text(self, words: Callable[[object], str], last: int | None = None) -> str:
        """Return the story, or the end of it, a line an event; ``words`` tells the details."""
        lines = self._lines if last is None else self._lines[-last:]
        return "\n".join(
            f"{at:12.3f}  {who or '-':4} {what} {words(detail)}" for at, who, what, detail in lines
        )

    def __len__(self) -> int:
        return len(self._lines)
