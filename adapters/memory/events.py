"""The memory store's feed of changes: written while somebody watches."""

import asyncio
from itertools import islice

from ...domain.errors import InvalidInput
from ...domain.ports.events import WATCHED_MS, Feed
from .ground import Ground

_DIGITS = 20


class MemoryEvents:
    """The feed of one store in memory."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def changes(self, after: str, limit: int, timeout_s: float) -> Feed:
        """Return changes behind a cursor, or wait for one."""
        cursor = self._began(after)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while True:
            feed = self._behind(cursor, limit)
            left = deadline - loop.time()
            if feed.changes or feed.gap or left <= 0:
                return feed
            await self._ground.signals.watch(left)

    def _began(self, after: str) -> int:
        now, watched = self._ground.now().steady, self._ground.records.watched
        if now >= watched.until:  # nobody wrote meanwhile
            watched.changes.clear()
            watched.number += 1
        watched.until = now + WATCHED_MS
        if not after:
            return watched.number
        if not (after.isascii() and after.isdecimal() and len(after) < _DIGITS):
            raise InvalidInput(f"{after[:80]!r} is no cursor of this feed")
        return int(after)

    def _behind(self, cursor: int, limit: int) -> Feed:
        watched = self._ground.records.watched
        floor = int(watched.changes[0].cursor) - 1 if watched.changes else watched.number
        later = (each for each in watched.changes if int(each.cursor) > cursor)
        found = tuple(islice(later, limit))
        last = found[-1].cursor if found else str(max(cursor, floor))
        return Feed(found, last, gap=cursor < floor)
