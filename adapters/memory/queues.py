"""The memory store's queues: how they stand, and taking them out of service."""

from collections import Counter

from ...domain.identifiers import TaskId
from ...domain.ports import QueueState, Standing, Totals
from ...domain.ports.queues import Place
from ...domain.task import PRIORITIES, TaskStatus
from . import transitions
from .ground import Ground
from .kept import RATE_BUCKETS, RATE_MS
from .records import Records


class MemoryQueues:
    """The queues of one store in memory."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def standing(self) -> Standing:
        """Return how the queues stand."""
        now, records = self._ground.now(), self._ground.records
        statuses = Counter(record.status for record in records.tasks.values())
        delayed = sum(record.due is not None for record in records.tasks.values())
        ended = records.tallies.ended
        totals = Totals(
            records.tallies.submitted,
            ended[TaskStatus.COMPLETED],
            ended[TaskStatus.FAILED],
            ended[TaskStatus.CANCELLED],
            ended[TaskStatus.EXPIRED],
        )
        queues = tuple(_state(records, priority, now.unix_ms) for priority in PRIORITIES)
        return Standing(queues, delayed, statuses[TaskStatus.RUNNING], totals)

    async def place(self, task_id: TaskId) -> Place | None:
        """Return where a task waits; None if it does not exist."""
        self._ground.now()
        records = self._ground.records
        record = records.tasks.get(task_id)
        if record is None:
            return None
        priority = record.new.priority
        own = records.ready.get((record.tag, priority))
        if own is None or task_id not in own:
            return Place(record.tag, None)
        higher = sum(len(records.ready.get((record.tag, each), ())) for each in range(priority))
        return Place(record.tag, higher + list(own).index(task_id))

    async def pause(self, priority: int) -> None:
        """Let no task of a priority be claimed."""
        self._ground.records.paused.add(priority)

    async def resume(self, priority: int) -> None:
        """Let tasks of a priority be claimed again, and ring."""
        self._ground.records.paused.discard(priority)
        self._ground.records.ring(self._ground.now().steady)
        self._ground.tell()

    async def purge(self, priority: int) -> int:
        """Cancel all QUEUED tasks of a priority; return how many."""
        now, records = self._ground.now(), self._ground.records
        ready = sorted(place for place in records.ready if place[1] == priority)
        delayed = sorted(
            (record.due, task_id)
            for task_id, record in records.tasks.items()
            if record.due is not None and record.new.priority == priority
        )
        ids = [each for place in ready for each in records.ready[place]]
        ids += [task_id for _, task_id in delayed]
        for task_id in ids:
            transitions.cancel(records, task_id, now)
        self._ground.tell(ids)
        return len(ids)


def _state(records: Records, priority: int, unix_ms: int) -> QueueState:
    queues = [queue for (_, its), queue in records.ready.items() if its == priority and queue]
    firsts = [records.tasks[next(iter(queue))].created_at_ms for queue in queues]
    this = unix_ms // RATE_MS
    span_ms = (RATE_BUCKETS - 1) * RATE_MS + unix_ms % RATE_MS + 1
    came, claimed = (
        sum(records.tallies.rates[bucket, kind, priority] for bucket in _last(this))
        for kind in ("n", "c")
    )
    return QueueState(
        priority,
        sum(map(len, queues)),
        min(firsts, default=None),
        priority in records.paused,
        round(came * 1000 / span_ms, 3),
        round(claimed * 1000 / span_ms, 3),
    )


def _last(this: int) -> range:
    return range(this - RATE_BUCKETS + 1, this + 1)
