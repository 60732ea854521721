"""The strings of tasks, read by plain MGET: as many of them as fit into an answer.

No script stands between: Lua makes, hashes and copies each string that it hands on, three quarters
of what reading one costs the server (docs/performance.md).
"""

from collections.abc import Sequence
from typing import NamedTuple

from ...domain.identifiers import TaskId
from . import record
from .batches import CALL_BYTES
from .driver import Driver
from .keys import Keys

STRINGS_MOST = 400
"""Strings in one answer: some 0.15 ms of the server's time, where they are short."""


class Read(NamedTuple):
    """Tasks with their strings, b"" for a task that does not exist.

    ``apart``: how many bytes the results and exceptions have that have keys of their own, by the
    places of their tasks, in order.
    """

    records: list[tuple[TaskId, bytes]]
    apart: dict[int, int]

    @property
    def bytes(self) -> int:
        """Return how many bytes these strings have, and what stands apart."""
        return sum(len(each) for _, each in self.records) + sum(self.apart.values())


class Strings:
    """The strings of one shard's tasks; their words are in ``keys.py``."""

    def __init__(self, driver: Driver, keys: Keys) -> None:
        self._driver = driver
        self._stem = keys.task(TaskId(""))

    async def read(self, task_ids: Sequence[TaskId], room_bytes: int = CALL_BYTES) -> Read:
        """Read the first STRINGS_MOST of these tasks, in order, one at least.

        And no more once ``room_bytes`` are used up, in which what stands apart counts.
        """
        wanted = task_ids[:STRINGS_MOST]
        if not wanted:
            return Read([], {})
        stem = self._stem
        (told,) = await self._driver.each([("MGET", *[stem + each for each in wanted])])
        records: list[tuple[TaskId, bytes]] = []
        apart: dict[int, int] = {}
        for at, (task_id, string) in enumerate(zip(wanted, told, strict=True)):
            records.append((task_id, string or b""))
            if string and record.is_long(string):
                apart[at] = record.apart_bytes(string)
                room_bytes -= apart[at]
            room_bytes -= len(string or b"")
            if room_bytes <= 0:
                break
        return Read(records, apart)
