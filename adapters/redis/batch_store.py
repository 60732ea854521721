"""Batches on Redis: how one stands, its endings in order, and the wait for the next of them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from ...domain.identifiers import BatchId, TaskId, member_ids
from ...domain.ports import BatchPage, BatchState, Ending
from ...domain.task import Idempotency
from . import record
from .batches import CALL_BYTES
from .bodies import Bodies
from .driver import Driver
from .endings import Endings
from .keys import Keys
from .strings import STRINGS_MOST, Strings
from .wire import Command

_FIELDS = ("c", "n", "m", "C", "F", "X", "E", "v")
"""The fields of a batch, in the order of BatchState: see ``keys.py``."""

_DIGITS = 4
"""How many digits a position has."""


class RedisBatches:
    """What is known of the batches of one shard; ``poll_s`` as for waiting clients."""

    def __init__(
        self,
        driver: Driver,
        keys: Keys,
        strings: Strings,
        bodies: Bodies,
        endings: Endings,
        retention_ms: int,
        poll_s: float,
    ) -> None:
        self._driver = driver
        self._keys = keys
        self._strings = strings
        self._bodies = bodies
        self._endings = endings
        self._retention_ms = retention_ms
        self._poll_s = poll_s

    async def name(self, wish: Idempotency, batch_id: BatchId) -> BatchId | None:
        """Bind an idempotency key to a batch."""
        words = (self._retention_ms, wish.key, wish.digest, batch_id)
        named = await self._driver.run("name", *words)
        return BatchId(named.decode()) or None

    async def endings(
        self, batch_id: BatchId, first: int, limit: int, leave_out: int | None = None
    ) -> BatchPage | None:
        """Return how a batch stands and, STRINGS_MOST at a time, some of its endings.

        Together they stay within CALL_BYTES, but for one that is larger by itself.
        """
        asked: list[Command] = [("HMGET", self._keys.batch(batch_id), *_FIELDS)]
        if limit > 0:
            asked.append(("LRANGE", self._keys.ended_of(batch_id), first, first + limit - 1))
        fields, *listed = await self._driver.each(asked)
        if (state := _state(batch_id, fields)) is None:
            return None
        places = [place.decode() for each in listed for place in each]
        found: list[Ending] = []
        room = CALL_BYTES
        while len(found) < len(places) and room > 0:
            endings, read_bytes = await self._endings_of(
                batch_id, places[len(found) :], room, leave_out
            )
            found.extend(endings)
            room -= read_bytes
        return BatchPage(state, tuple(found))

    async def ended(self, batch_id: BatchId, limit: int) -> list[int]:
        """Return the positions of the first tasks that ended."""
        listed = await self._driver.call("LRANGE", self._keys.ended_of(batch_id), 0, limit - 1)
        return [int(place, 16) for place in listed]

    async def _endings_of(
        self, batch_id: BatchId, places: Sequence[str], room: int, leave_out: int | None
    ) -> tuple[list[Ending], int]:
        """Return how the first tasks at these places ended, and how many bytes that took.

        What was left out counts as if it had been told: it bounds what is told at once.
        """
        stem, some = batch_id[:-_DIGITS], places[:STRINGS_MOST]
        read = await self._strings.read([TaskId(stem + place) for place in some], room)
        longs, left = await self._bodies.results_but(read, leave_out)
        following = iter(longs)
        endings = [
            record.batch_ending(task_id, int(place, 16), each, following)
            for place, (task_id, each) in zip(some, read.records, strict=False)
        ]
        for at, size in left.items():
            endings[at] = endings[at]._replace(left_out=size)
        return endings, read.bytes

    def long_results(
        self, batch_id: BatchId, endings: Sequence[Ending]
    ) -> AsyncGenerator[bytes | None]:
        """Bring the results that were left out of ``endings``."""
        left = [ending for ending in endings if ending.left_out]
        ids = member_ids(batch_id, (ending.position for ending in left))
        return self._bodies.portions(
            [(task_id, ending.left_out) for task_id, ending in zip(ids, left, strict=True)]
        )

    async def next_endings(
        self,
        batch_id: BatchId,
        first: int,
        limit: int,
        timeout_s: float,
        leave_out: int | None = None,
    ) -> BatchPage | None:
        """Return as ``endings`` does, once there is something to tell, or when time is up.

        Looked up anew now and then: a published message may be lost.
        """
        now = asyncio.get_running_loop().time
        deadline = now() + timeout_s
        while (left := deadline - now()) > 0 and not self._endings.leaving:
            with self._endings.follow(batch_id, first) as following:
                if not following.known:
                    await following.prepare()
                    page = await self.endings(batch_id, first, limit, leave_out)
                    if page is None or page.endings or page.state.told != first:
                        return page
                    if page.state.ended >= page.state.count:
                        return page
                    following.looked(page)
                heard = await following.heard(min(left, self._poll_s))
            if heard is not None:
                return BatchPage(heard.state, heard.endings[:limit])
        return await self.endings(batch_id, first, limit, leave_out)


def _state(batch_id: BatchId, fields: Sequence[bytes | None]) -> BatchState | None:
    if not fields[0]:
        return None
    try:
        created, count, last, *ended = (int(field or 0) for field in fields)
        return BatchState(created, count, last, *ended)
    except ValueError as error:
        raise record.unreadable("batch", batch_id) from error
