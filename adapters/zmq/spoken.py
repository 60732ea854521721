"""In which version of the protocol each peer is answered: the lower of its own and ours.

Bounded: it remembers the latest peers, and those that speak our newest version, which is what
everybody else is answered in, need no memory at all.
"""

from collections import OrderedDict

from ...domain.protocol.versions import OURS
from .codec import Bytes, version_of

REMEMBERED = 10_000
"""Peers of another version that are remembered at once."""


class Spoken:
    """The versions of peers, by address."""

    def __init__(self) -> None:
        self._older: OrderedDict[bytes, int] = OrderedDict()

    def note(self, address: bytes, frame: Bytes) -> None:
        """Take the version of a message that this peer sent and that could be decoded."""
        version = OURS.answer(version_of(frame))
        if version != OURS.newest:
            self._older[address] = version
            self._older.move_to_end(address)
            if len(self._older) > REMEMBERED:
                self._older.popitem(last=False)
        elif self._older:
            self._older.pop(address, None)

    def of(self, address: bytes) -> int:
        """Return the version in which to speak to this peer."""
        return self._older.get(address, OURS.newest)
