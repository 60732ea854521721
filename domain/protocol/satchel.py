"""What a worker has in its hands: attempts that wait and attempts that run.

It also learns how long tasks typically take, and so decides the window: how many the dispatcher
may send. When tasks turn out longer than thought, the window closes and what waits beyond it is
handed back, so that nothing sits behind a long task while another worker is free.
"""

from collections.abc import Iterable
from math import inf

from ..identifiers import Attempt
from ..policy import PREFETCH_NONE_MS, smoothed, window
from ..task import Outcome


class Satchel:
    """Attempts in the executor's care, by when they began."""

    def __init__(self, slots: int) -> None:
        """Start empty-handed; ``slots`` is how many run at once."""
        self.slots = slots
        self._waiting: dict[Attempt, None] = {}
        self._running: dict[Attempt, float] = {}
        self._asked_back: set[Attempt] = set()
        self._typical_ms: float | None = None
        self._window = window(slots, None)  # while nothing runs
        self._reviewed_ms = -inf
        self._closed = False

    def __bool__(self) -> bool:
        """Return whether anything is in hand."""
        return bool(self._waiting or self._running)

    def attempts(self) -> list[Attempt]:
        """Return all, running ones first."""
        return [*self._running, *self._waiting]

    def waiting(self) -> list[Attempt]:
        """Return those that have not begun, oldest first."""
        return list(self._waiting)

    def running(self) -> list[tuple[Attempt, float]]:
        """Return those that have begun, with when."""
        return list(self._running.items())

    def has(self, attempt: Attempt) -> bool:
        """Return whether an attempt is in hand."""
        return attempt in self._running or attempt in self._waiting

    def put(self, attempt: Attempt) -> bool:
        """Take an attempt in hand; False if it is there already."""
        if attempt in self._waiting or attempt in self._running:
            return False
        self._waiting[attempt] = None
        return True

    def began(self, attempt: Attempt, at_ms: float) -> bool:
        """Note that an attempt runs; False if it is not in hand or runs already."""
        if attempt not in self._waiting:
            return False
        del self._waiting[attempt]
        self._asked_back.discard(attempt)
        self._running[attempt] = at_ms
        return True

    def ended(self, attempt: Attempt, outcome: Outcome) -> bool:
        """Let go of an attempt that has its outcome; False if it is not in hand."""
        if not self.drop(attempt):
            return False
        self._typical_ms = smoothed(self._typical_ms, outcome.run_ms)
        self._window = window(self.slots, self._typical_ms)
        return True

    def drop(self, attempt: Attempt) -> bool:
        """Let go of an attempt; False if it is not in hand."""
        self._asked_back.discard(attempt)
        if attempt in self._waiting:
            del self._waiting[attempt]
            return True
        return self._running.pop(attempt, None) is not None

    def clear(self) -> list[Attempt]:
        """Let go of everything; return what it was."""
        attempts = self.attempts()
        self._waiting.clear()
        self._running.clear()
        self._asked_back.clear()
        return attempts

    def close(self) -> None:
        """Grant nothing from now on."""
        self._closed = True

    # ------------------------------------------------------------ how much to take

    def window(self, now: float) -> int:
        """Return how many attempts this worker grants to have in hand."""
        if self._closed:
            return 0
        return window(self.slots, self._expected_ms(now)) if self._running else self._window

    @property
    def review_at_ms(self) -> float:
        """Return when something that waits may turn out to wait too long."""
        if self._closed or not self._running or len(self._waiting) <= len(self._asked_back):
            return inf
        return max(self._oldest_ms(), self._reviewed_ms) + PREFETCH_NONE_MS + 1

    def surplus(self, now: float) -> list[Attempt]:
        """Return, once each, the attempts that wait beyond the window: the newest."""
        if now < self.review_at_ms:
            return []
        self._reviewed_ms = now
        beyond = len(self._waiting) + len(self._running) - self.window(now)
        if beyond <= 0:
            return []
        newest = [a for a in _last(self._waiting, beyond) if a not in self._asked_back]
        self._asked_back.update(newest)
        return newest

    def _expected_ms(self, now: float) -> float | None:
        """Return the typical run time, or the age of the longest run, of one at least, if more.

        Before anything has ended nothing is known: a task that has just begun is no short task.
        """
        if self._typical_ms is None:
            return None
        return max(now - self._oldest_ms(), self._typical_ms)

    def _oldest_ms(self) -> float:
        return next(iter(self._running.values()))


def _last(attempts: Iterable[Attempt], count: int) -> list[Attempt]:
    return list(attempts)[-count:]
