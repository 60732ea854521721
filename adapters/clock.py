"""The machine's own clock and randomness: what runs outside of tests.

The memory adapter has the ones that tests turn by hand. Nothing else in gofer may read a clock
for a decision, or make random numbers.
"""

import secrets
import time

_FRACTION_BITS = 53
"""What a float's mantissa holds: every value below 1 is exact."""


class SystemClock:
    """The wall clock, and the monotonic clock for every duration."""

    def unix_ms(self) -> int:
        """Return milliseconds since 1970; may jump."""
        return time.time_ns() // 1_000_000

    def steady_ms(self) -> float:
        """Return milliseconds since some moment; never runs backwards."""
        return time.monotonic_ns() / 1e6


class SystemEntropy:
    """The system's cryptographic randomness: ids and lease tokens cannot be guessed."""

    def bits(self, count: int) -> int:
        """Return an integer of ``count`` random bits."""
        return secrets.randbits(count)

    def fraction(self) -> float:
        """Return a number in [0, 1)."""
        return float(secrets.randbits(_FRACTION_BITS)) / float(1 << _FRACTION_BITS)
