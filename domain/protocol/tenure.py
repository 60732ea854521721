"""For how long a worker may count on what it holds: the two moments after which it may not.

Both are counted from when a report was *sent* that the dispatcher is known to have read, so that
neither a slow link nor a process that stood still makes them later than they are.

- **doubt**: the dispatcher has not read us for as long as it takes to give a worker up, so what we
  hold may be somebody else's by now. Nothing more may begin; what runs goes on, because mostly it
  is the dispatcher that is away, and then nobody has it.
- **end**: a little before the leases are over. What runs must be stopped.
"""

from math import inf

from ..policy import Timers


class Tenure:
    """A worker's trust in its leases. All moments are steady milliseconds."""

    def __init__(self, timers: Timers) -> None:
        """Start with nothing in hand, and so with nothing to doubt."""
        self._silence_ms = timers.silence_ms
        self._fence_ms = timers.fence_ms
        self.doubt_ms = inf
        self.end_ms = inf

    def begins(self, hello_sent_ms: float, lease_ms: int) -> None:
        """Begin with a session whose Hello was sent then."""
        self.end_ms = -inf
        self.lasts(hello_sent_ms, lease_ms)

    def lasts(self, heard_ms: float, lease_ms: int) -> None:
        """Go on: the dispatcher has read what was sent then, and granted ``lease_ms`` since."""
        self.doubt_ms = heard_ms + self._silence_ms
        self.end_ms = max(self.end_ms, heard_ms + lease_ms - self._fence_ms)

    def doubted(self) -> None:
        """Note that what there is to be done about the doubt was done."""
        self.doubt_ms = inf

    def allows(self, now: float) -> bool:
        """Return whether something may begin."""
        return now < min(self.doubt_ms, self.end_ms)
