"""Batches on Redis: how one stands, its endings in order, and the wait for the next of them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from ...domain.identifiers import BatchId, TaskId, member_ids
from ...domain.policy import BATCH
from ...domain.ports import BatchPage, BatchState, Ending
from ...domain.task import Idempotency
from . import codec, record
from .batches import ABREAST, CALL_BYTES
from .bodies import Bodies
from .driver import Driver
from .endings import Endings
from .framing import unframe

_STATE, _TASKS, _DIGITS = 8, 9, 4
"""How many items endings.lua answers for the batch, behind which item the tasks come, and how many
digits a position has."""


class RedisBatches:
    """What is known of the batches of one shard; ``poll_s`` as for waiting clients."""

    def __init__(
        self, driver: Driver, bodies: Bodies, endings: Endings, retention_ms: int, poll_s: float
    ) -> None:
        self._driver = driver
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
        """Return how a batch stands and some endings: one call for each BATCH of them.

        The first says how many there are, and those that follow go some at a time in one breath.
        Together they stay within CALL_BYTES, but for single ones that are larger by themselves.
        """
        found: list[Ending] = []
        room, abreast = CALL_BYTES, 1
        while True:
            starts = [first + len(found) + BATCH * each for each in range(abreast)]
            asked = [
                (batch_id, at, min(BATCH, first + limit - at), room // abreast) for at in starts
            ]
            there = 0
            for call, told in zip(asked, await self._driver.run_all("endings", asked), strict=True):
                answer = unframe(told)
                state = _state(batch_id, answer[:_STATE])
                if state is None:
                    return None
                endings, read = await self._endings_of(batch_id, answer, leave_out)
                found.extend(endings)
                room -= read
                there = min(limit, state.ended - first) - len(found)
                if len(endings) < call[2] or there <= 0 or room <= 0:
                    return BatchPage(state, tuple(found))
            abreast = min(ABREAST, -(-there // BATCH))

    async def _endings_of(
        self, batch_id: BatchId, answer: codec.Items, leave_out: int | None
    ) -> tuple[list[Ending], int]:
        """Return the endings that one call of endings.lua tells of, and how many bytes it took.

        What was left out counts as if it had been told: it bounds what is told at once.
        """
        positions = answer[_STATE].decode()
        stem = batch_id[:-_DIGITS]
        digits = [positions[at : at + _DIGITS] for at in range(0, len(positions), _DIGITS)]
        told = list(zip((TaskId(stem + each) for each in digits), answer[_TASKS:], strict=True))
        longs, left = await self._bodies.results_but(told, leave_out)
        following = iter(longs)
        endings = [
            record.batch_ending(task_id, int(place, 16), each, following)
            for place, (task_id, each) in zip(digits, told, strict=True)
        ]
        for at, size in left.items():
            endings[at] = endings[at]._replace(left_out=size)
        read = sum(map(len, answer)) + sum(len(each or b"") for each in longs)
        return endings, read + sum(left.values())

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
                    if page is None or page.endings or page.state.ended >= page.state.count:
                        return page
                    following.looked(page)
                heard = await following.heard(min(left, self._poll_s))
            if heard is not None:
                return BatchPage(heard.state, heard.endings[:limit])
        return await self.endings(batch_id, first, limit, leave_out)


def _state(batch_id: BatchId, items: codec.Items) -> BatchState | None:
    if not items[0]:
        return None
    try:
        created, count, last, *ended = (int(item or 0) for item in items)
        return BatchState(created, count, last, *ended)
    except ValueError as error:
        raise record.unreadable("batch", batch_id) from error
