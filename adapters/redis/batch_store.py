"""Batches on Redis: how one stands, its endings in order, and the wait for the next of them."""

import asyncio
from collections.abc import Sequence

from ...domain.identifiers import BatchId, TaskId, position_of
from ...domain.policy import BATCH
from ...domain.ports import BatchPage, BatchState, Ending
from ...domain.task import Idempotency
from . import codec, record
from .batches import CALL_BYTES
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

    async def endings(self, batch_id: BatchId, first: int, limit: int) -> BatchPage | None:
        """Return how a batch stands and some endings: one call for each BATCH of them.

        Together they stay within CALL_BYTES, but for one that is larger by itself.
        """
        found: list[Ending] = []
        room = CALL_BYTES
        while True:
            wanted = min(BATCH, limit - len(found))
            at = first + len(found)
            answer = unframe(await self._driver.run("endings", batch_id, at, wanted, room))
            state = _state(batch_id, answer[:_STATE])
            if state is None:
                return None
            told = _told(batch_id, answer)
            longs = await self._bodies.results(told)
            following = iter(longs)
            found.extend(
                record.batch_ending(task_id, position_of(task_id), each, following)
                for task_id, each in told
            )
            room -= sum(map(len, answer)) + sum(len(each or b"") for each in longs)
            if len(told) < wanted or len(found) >= limit or room <= 0:
                return BatchPage(state, tuple(found))

    async def wait_ending(self, batch_id: BatchId, seen: int, timeout_s: float) -> None:
        """Return once more than ``seen`` tasks have ended, or when time is up."""
        now = asyncio.get_running_loop().time
        deadline = now() + timeout_s

        async def look_up(_: Sequence[TaskId]) -> frozenset[TaskId]:
            page = await self.endings(batch_id, 0, 0)
            return frozenset([waited]) if page is not None and page.state.told > seen else none

        waited, none = TaskId(batch_id), frozenset[TaskId]()
        while (left := deadline - now()) > 0 and not self._endings.leaving:
            # looked at anew each time: a published message may be lost
            if await self._endings.wait(frozenset([waited]), min(left, self._poll_s), look_up):
                return


def _state(batch_id: BatchId, items: codec.Items) -> BatchState | None:
    if not items[0]:
        return None
    try:
        created, count, last, *ended = (int(item or 0) for item in items)
        return BatchState(created, count, last, *ended)
    except ValueError as error:
        raise record.unreadable("batch", batch_id) from error


def _told(batch_id: BatchId, items: codec.Items) -> list[tuple[TaskId, bytes]]:
    """Return the ids and the strings of the tasks that endings.lua tells of."""
    positions = items[_STATE].decode()
    stem = batch_id[:-_DIGITS]
    ids = [TaskId(stem + positions[at : at + _DIGITS]) for at in range(0, len(positions), _DIGITS)]
    return list(zip(ids, items[_TASKS:], strict=True))
