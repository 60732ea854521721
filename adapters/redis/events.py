"""The feed of changes on Redis: a stream that the scripts write while somebody watches.

An entry has all tasks of one call; a cursor is an entry's id and how many of its tasks were told,
such as ``1700000000000-0.17``.
"""

import asyncio
import re
from collections.abc import Iterator

from ...domain.errors import InvalidInput
from ...domain.identifiers import TaskId
from ...domain.ports.events import Change, Feed
from ...domain.task import TaskStatus
from .driver import Driver
from .framing import unframe
from .keys import Keys

BLOCK_MS = 5_000
"""How long one connection waits for the next change; all who wait behind the same share it."""

_CURSOR = re.compile(r"(\d{1,16})-(\d{1,16})(?:\.(\d{1,3}))?\Z", re.ASCII)
_STATUS = {
    "Q": TaskStatus.QUEUED,
    "R": TaskStatus.RUNNING,
    "C": TaskStatus.COMPLETED,
    "F": TaskStatus.FAILED,
    "X": TaskStatus.CANCELLED,
    "E": TaskStatus.EXPIRED,
}
_ENTRY = 3


class RedisEvents:
    """The feed of one shard; ``blocking`` waits for what is written next."""

    def __init__(self, driver: Driver, blocking: Driver, keys: Keys) -> None:
        self._driver = driver
        self._blocking = blocking
        self._key = keys.events
        self._reads: dict[str, asyncio.Task[None]] = {}

    async def changes(self, after: str, limit: int, timeout_s: float) -> Feed:
        """Return changes behind a cursor, or wait for one."""
        now = asyncio.get_running_loop().time
        deadline = now() + timeout_s
        while True:
            feed = await self._look(after, limit)
            left = deadline - now()
            if feed.changes or feed.gap or left <= 0:
                return feed
            after = feed.cursor
            await self._arrival(after.partition(".")[0], left)

    async def close(self) -> None:
        """Wait for nothing any more."""
        for read in self._reads.values():
            read.cancel()
        await asyncio.gather(*self._reads.values(), return_exceptions=True)

    async def _look(self, after: str, limit: int) -> Feed:
        told = _CURSOR.match(after)
        if after and told is None:
            raise InvalidInput(f"{after[:80]!r} is no cursor of this feed")
        start = after.partition(".")[0]
        # one more: the entry in whose middle the cursor is, or that it has told all of
        floor, last, *items = unframe(await self._driver.run("events", start, limit + 1))
        if told is None:
            return Feed((), last.decode())
        seen = int(told[3]) if told[3] else _ALL
        found: list[Change] = []
        for entry, state, ids in zip(*(iter(items),) * _ENTRY, strict=True):
            skipped = seen if entry.decode() == start else 0
            found.extend(_changes(entry.decode(), state.decode(), ids.decode(), skipped))
        gap = _place(start) < _place(floor.decode())
        behind = floor.decode() if gap else after
        told_now = tuple(found[:limit])
        return Feed(told_now, told_now[-1].cursor if told_now else behind, gap)

    async def _arrival(self, entry: str, timeout_s: float) -> None:
        """Return when there is an entry behind one, or when time is up."""
        read = self._reads.get(entry)
        if read is None:
            read = asyncio.create_task(self._read(entry))
            self._reads[entry] = read
            read.add_done_callback(lambda ended: self._ended(entry, ended))
        await asyncio.wait([read], timeout=timeout_s)
        if read.done() and not read.cancelled() and (trouble := read.exception()) is not None:
            raise trouble

    def _ended(self, entry: str, read: asyncio.Task[None]) -> None:
        del self._reads[entry]
        if not read.cancelled():
            read.exception()  # whoever waited may have gone away: nobody need hear of it

    async def _read(self, entry: str) -> None:
        words = ("XREAD", "BLOCK", BLOCK_MS, "COUNT", 1, "STREAMS", self._key, entry)
        await self._blocking.command(*words)


_ALL = 1_000
"""More tasks than one entry has."""


def _changes(entry: str, state: str, ids: str, skipped: int) -> Iterator[Change]:
    at_ms = int(entry.partition("-")[0])
    for number, task_id in enumerate(ids.split(" "), 1):
        if number > skipped:
            yield Change(f"{entry}.{number}", TaskId(task_id), _STATUS[state], at_ms)


def _place(entry: str) -> tuple[int, int]:
    at_ms, _, number = entry.partition("-")
    return int(at_ms), int(number)
