"""How far a client has read a batch, so that what the store forgets of it does not stay unnoticed.

The ends of a batch are a list that only grows, and a client is told how many of them it has seen.
But a store may lose the last of what it wrote: a crash, a failover. Then tasks run again and end in
another order, and the same count stands among other ends. So a cursor also has a check over which
ends those were, and in which order.
"""

import re
import struct
from collections.abc import Iterable
from typing import NamedTuple, Self
from zlib import crc32

from .errors import InvalidInput

PATTERN = r"[0-9]{1,7}(-[0-9a-f]{8})?"
"""What a client may send."""

_FORM = re.compile(PATTERN)


class Cursor(NamedTuple):
    """How many ends of a batch a client was told, and the CRC-32 over their positions, in order.

    Without a ``check`` it is believed: a client may count by itself.
    """

    told: int = 0
    check: int | None = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the cursor that a client sends; raise InvalidInput."""
        if not _FORM.fullmatch(text):
            told = "neither 0 nor the next_cursor of the page before"
            raise InvalidInput(f"cursor={text[:80]!r} is {told}")
        count, _, check = text.partition("-")
        if not int(count):
            return cls()
        return cls(int(count), int(check, 16) if check else None)

    def __str__(self) -> str:
        """Return what a client is given, and sends back."""
        if not self.told or self.check is None:
            return str(self.told)
        return f"{self.told}-{self.check:08x}"

    def after(self, positions: Iterable[int]) -> Self:
        """Return the cursor behind so many more ends."""
        told = tuple(positions)
        if self.check is None:
            return self._replace(told=self.told + len(told))
        check = crc32(struct.pack(f">{len(told)}H", *told), self.check)
        return self._replace(told=self.told + len(told), check=check)


START = Cursor()
"""Nothing has been told."""
