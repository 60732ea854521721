"""The memory store's batches: what is known of them, as the port answers it."""

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from itertools import islice

from ...domain.identifiers import BatchId, member_ids, position_of
from ...domain.ports import BatchPage, BatchState, Ending
from ...domain.task import Idempotency, Success, TaskStatus
from .ground import Ground
from .kept import KnownBatch
from .records import Records


class MemoryBatches:
    """The BatchStore port, as a part of the store: its records are shared with the tasks."""

    _ground: Ground

    async def name_batch(self, wish: Idempotency, batch_id: BatchId) -> BatchId | None:
        """Bind an idempotency key to a batch."""
        until = self._ground.now().steady + self._ground.retention_ms
        return _name(self._ground.records, wish, batch_id, until)

    async def endings(
        self, batch_id: BatchId, first: int, limit: int, leave_out: int | None = None
    ) -> BatchPage | None:
        """Return how a batch stands, and some of its tasks that have ended."""
        self._ground.now()
        return _page(self._ground.records, batch_id, first, limit, leave_out)

    async def long_results(
        self, batch_id: BatchId, endings: Sequence[Ending]
    ) -> AsyncGenerator[bytes | None]:
        """Bring the results that were left out of ``endings``."""
        for ending in endings:
            if ending.left_out:
                self._ground.now()
                yield result(self._ground.records, batch_id, ending.position)

    async def ended(self, batch_id: BatchId, limit: int) -> list[int]:
        """Return the positions of the first tasks that ended."""
        self._ground.now()
        batch = self._ground.records.batches.get(batch_id)
        told = [] if batch is None else islice(batch.endings, limit)
        return [0 if each is None else position_of(each[0]) for each in told]

    async def next_endings(
        self,
        batch_id: BatchId,
        first: int,
        limit: int,
        timeout_s: float,
        leave_out: int | None = None,
    ) -> BatchPage | None:
        """Return as ``endings`` does, once there is something to tell, or when time is up."""
        page = await self.endings(batch_id, first, limit, leave_out)
        if page is None or page.endings or page.state.told != first or timeout_s <= 0:
            return page
        if page.state.ended >= page.state.count:
            return page
        await self._ground.signals.wait(frozenset([batch_id]), timeout_s)
        return await self.endings(batch_id, first, limit, leave_out)


def _name(records: Records, wish: Idempotency, batch_id: BatchId, until: float) -> BatchId | None:
    """Bind a key to a batch, or return the one that it is bound to; None for another request."""
    known = records.keys.setdefault(wish.key, KnownBatch(until, wish.digest, batch_id))
    if isinstance(known, KnownBatch) and known.digest == wish.digest:
        return known.batch_id
    return None


def _page(
    records: Records, batch_id: BatchId, first: int, limit: int, leave_out: int | None
) -> BatchPage | None:
    """Return how a batch stands, and some of its tasks that have ended.

    Results of more than ``leave_out`` bytes are left out.
    """
    batch = records.batches.get(batch_id)
    if batch is None:
        return None
    endings: list[Ending] = []
    for ending in islice(batch.endings, first, first + limit):
        if ending is None:
            endings.append(Ending(0, None, None))
            continue
        task_id, _ = ending
        record = records.tasks.get(task_id)
        if record is None or record.result_gone:
            endings.append(Ending(position_of(task_id), None, None))
        else:
            told = Ending(position_of(task_id), record.status, record.outcome)
            endings.append(told if leave_out is None else _without(told, leave_out))
    counts = Counter(each and each[1] for each in batch.endings)
    state = BatchState(
        created_at_ms=batch.created_at_ms,
        count=batch.count,
        last=batch.last,
        completed=counts[TaskStatus.COMPLETED],
        failed=counts[TaskStatus.FAILED],
        cancelled=counts[TaskStatus.CANCELLED],
        expired=counts[TaskStatus.EXPIRED],
        void=counts[None],
    )
    return BatchPage(state, tuple(endings))


def result(records: Records, batch_id: BatchId, position: int) -> bytes | None:
    """Return the result of a task of a batch; None if it is forgotten."""
    (task_id,) = member_ids(batch_id, [position])
    record = records.tasks.get(task_id)
    if record is None or record.result_gone or not isinstance(record.outcome, Success):
        return None
    return record.outcome.result


def _without(ending: Ending, most: int) -> Ending:
    if not isinstance(ending.outcome, Success) or len(ending.outcome.result) <= most:
        return ending
    outcome = ending.outcome._replace(result=b"")
    return ending._replace(outcome=outcome, left_out=len(ending.outcome.result))
