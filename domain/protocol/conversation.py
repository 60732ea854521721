"""A worker's conversation with its dispatcher: which session is open, and when to ask for one.

It knows nothing of tasks. It counts epochs and serials, remembers when either side was last
heard, and says when the next Hello is due.
"""

from collections.abc import Callable

from ..identifiers import Session
from ..policy import RECONNECT_MS, doubling_ms
from .messages import NOTHING_READ, Orders, Read, Welcome


class Conversation:
    """One worker process's sessions, one after the other. ``now`` is steady milliseconds."""

    def __init__(
        self, incarnation: str, silence_ms: int, jitter: Callable[[], float], now: float
    ) -> None:
        """Start unconnected, with a Hello due at once."""
        self._silence_ms = silence_ms
        self._jitter = jitter
        self._hellos = 0
        self._serial = 0
        self._welcome: Welcome | None = None
        self.session = Session(incarnation, 0)
        self.connected = False
        self.read = NOTHING_READ
        self.hello_at_ms = now
        self.hello_sent_ms = now
        self.heard_ms = now

    @property
    def silent_at_ms(self) -> float:
        """Return when the dispatcher is given up if it says nothing more."""
        return self.heard_ms + self._silence_ms

    # ------------------------------------------------------------ asking for a session

    def renew(self, now: float) -> None:
        """Leave the session, and have the next one asked for at once."""
        self.connected = False
        self.hello_at_ms = now
        self._hellos = 0
        self._raise_epoch(now)

    def ask(self, now: float) -> bool:
        """Note that a Hello is being sent; the next is due after a pause that doubles.

        Return whether the epoch rose: an answer to the last one would count leases from too long
        ago.
        """
        stale = now - self.hello_sent_ms >= self._silence_ms
        if stale:
            self._raise_epoch(now)
        pause = doubling_ms(RECONNECT_MS, self._hellos, self._jitter())
        self._hellos += 1
        self.hello_at_ms = now + pause
        return stale

    def _raise_epoch(self, now: float) -> None:
        self.session = Session(self.session.incarnation, self.session.epoch + 1)
        self.hello_sent_ms = now

    # ------------------------------------------------------------ what is heard

    def opens(self, welcome: Welcome) -> bool | None:
        """Return True if a Welcome opens the session, None for one seen before, False if it
        contradicts the one that did.
        """
        if self.connected:
            return None if welcome == self._welcome else False
        self.connected = True
        self._welcome = welcome
        self._hellos = self._serial = 0
        self.read = Read(self.session.epoch, 0)
        return True

    def follows(self, orders: Orders) -> bool | None:
        """Return True for the next Orders, None for ones to ignore, False after a gap."""
        if not self.connected or orders.serial <= self._serial:
            return None
        if orders.serial != self._serial + 1:
            return False
        self._serial = orders.serial
        self.read = Read(self.session.epoch, orders.serial)
        return True
