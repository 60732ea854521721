"""Time and randomness that a test turns by hand.

Part of the public testing kit. Nothing moves unless the test says so, and the same seed gives
the same run.
"""

import time
from random import Random


class ManualClock:
    """A clock that stands still until ``advance``.

    ``rate`` is how fast this clock runs against the time that the test hands it: 1.01 gains one
    per cent, to play a machine whose clock drifts.
    """

    def __init__(
        self, unix_ms: int = 1_700_000_000_000, steady_ms: float = 0.0, rate: float = 1.0
    ) -> None:
        """Start at these two times, in milliseconds."""
        if rate <= 0:
            raise ValueError("rate must be positive: time never runs backwards")
        self._unix_ms = float(unix_ms)
        self._steady_ms = steady_ms
        self._rate = rate

    def unix_ms(self) -> int:
        """Return milliseconds since 1970, as set, jumped and advanced."""
        return int(self._unix_ms)

    def steady_ms(self) -> float:
        """Return milliseconds since some moment; never runs backwards."""
        return self._steady_ms

    def advance(self, by_ms: float) -> None:
        """Let ``by_ms`` pass on both clocks (times this clock's rate); not negative."""
        if by_ms < 0:
            raise ValueError("time does not run backwards; use jump_wall for the wall clock")
        self._steady_ms += by_ms * self._rate
        self._unix_ms += by_ms * self._rate

    def jump_wall(self, by_ms: int) -> None:
        """Move the wall clock alone, either way, as an operator or NTP would."""
        self._unix_ms += by_ms


class PassingClock(ManualClock):
    """A clock that a test turns, and on which time passes by itself as well."""

    def __init__(self, pace: float) -> None:
        """Have ``pace`` milliseconds pass in each real one; not negative."""
        if pace < 0:
            raise ValueError("pace must not be negative: time never runs backwards")
        super().__init__()
        self._pace = pace
        self._since = time.monotonic()

    def unix_ms(self) -> int:
        """Return milliseconds since 1970: as turned, and what has passed."""
        return int(self._unix_ms + self._passed_ms())

    def steady_ms(self) -> float:
        """Return milliseconds since some moment; never runs backwards."""
        return self._steady_ms + self._passed_ms()

    def _passed_ms(self) -> float:
        return (time.monotonic() - self._since) * 1000 * self._pace


class SeededEntropy:
    """Randomness that repeats: the same seed, the same ids. Never for production."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - repeating is its purpose

    def bits(self, count: int) -> int:
        """Return an integer of ``count`` random bits."""
        return self._random.getrandbits(count)

    def fraction(self) -> float:
        """Return a number in [0, 1)."""
        return self._random.random()
