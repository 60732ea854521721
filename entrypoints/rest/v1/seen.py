"""How much of a task a client of its events has seen, as the id of an event: nothing is stored.

    2-RUNNING-1042-9f3a01c2      attempt, status, offset of its output, its progress

A stream is made of the difference between this and how the task stands; so it can be resumed at
any service, at any time, and tells nothing twice.
"""

import re
from typing import NamedTuple, Self
from zlib import crc32

from ....domain.errors import InvalidInput
from ....domain.output import Progress
from ....domain.task import TaskStatus

_STATUSES = "|".join(TaskStatus)
PATTERN = rf"^[0-9]{{1,9}}-({_STATUSES})?-[0-9]{{1,15}}-[0-9a-f]{{8}}(-end)?$"


class Seen(NamedTuple):
    """What a client has seen; ``status`` is empty for one that has seen no status yet.

    Whoever comes when a task has ended is told its log before its status.
    """

    attempt: int = 0
    status: str = ""
    offset: int = 0
    progress: str = "00000000"
    ended: bool = False

    def __str__(self) -> str:
        """Give the form in which it travels."""
        parts = (self.attempt, self.status, self.offset, self.progress)
        return "-".join(map(str, parts)) + ("-end" if self.ended else "")

    @classmethod
    def read(cls, text: str) -> Self:
        """Return what an id says, nothing for none; raise InvalidInput for what is none of ours."""
        if not text:
            return cls()
        if not re.fullmatch(PATTERN[1:-1], text):
            raise InvalidInput(f"{text[:80]!r} is the id of no event here; leave Last-Event-ID out")
        attempt, status, offset, progress, *end = text.split("-")
        return cls(int(attempt), status, int(offset), progress, bool(end))


def mark_of(progress: Progress | None) -> str:
    """Return by what a progress is known again."""
    return "00000000" if progress is None else f"{crc32(repr(tuple(progress)).encode()):08x}"
