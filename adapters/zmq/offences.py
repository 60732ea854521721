"""Who sent rubbish how often: a peer that keeps doing it is not listened to any more.

Bounded: it remembers the latest offenders only, since a hostile peer can come back under any
number of addresses. It must never punish the first mistake.
"""

from collections import OrderedDict

STRIKES = 10
"""Violations after which an address is ignored."""

REMEMBERED = 1_024
"""Addresses that are remembered at once."""


class Offences:
    """Counts violations by address."""

    def __init__(self) -> None:
        self._strikes: OrderedDict[bytes, int] = OrderedDict()

    def note(self, address: bytes) -> None:
        """Count one violation."""
        self._strikes[address] = self._strikes.get(address, 0) + 1
        self._strikes.move_to_end(address)
        if len(self._strikes) > REMEMBERED:
            self._strikes.popitem(last=False)

    def ignores(self, address: bytes) -> bool:
        """Tell whether nothing of this address is read any more."""
        return bool(self._strikes) and self._strikes.get(address, 0) >= STRIKES
