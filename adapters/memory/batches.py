"""The memory store's batches: what is known of them, as the port answers it."""

from collections import Counter
from itertools import islice

from ...domain.identifiers import BatchId, member_ids, position_of
from ...domain.ports import BatchPage, BatchState, Ending
from ...domain.task import Idempotency, Success, TaskStatus
from .kept import KnownBatch
from .records import Records


def name(records: Records, wish: Idempotency, batch_id: BatchId, until: float) -> BatchId | None:
    """Bind a key to a batch, or return the one that it is bound to; None for another request."""
    known = records.keys.setdefault(wish.key, KnownBatch(until, wish.digest, batch_id))
    if isinstance(known, KnownBatch) and known.digest == wish.digest:
        return known.batch_id
    return None


def page(
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
