"""The memory store's state: every task's record, and the one place where each unfinished one is.

Kept apart from the verbs (``store.py``) so that it can be checked, copied and put back as a
whole. It must never decide whether a step is legal: ``domain.task.next_status`` does.
Durations are steady milliseconds; what is shown is milliseconds since 1970.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush

from ...domain.function import Function
from ...domain.identifiers import (
    BatchId,
    FunctionId,
    TaskId,
    batch_of,
    position_of,
)
from ...domain.ports import Credit, Leased
from ...domain.task import TaskStatus
from .fading import Fading
from .kept import Batch, KnownBatch, KnownKey, Tallies, Watched
from .record import Record
from .shelves import Shelves

LISTENER_MS = 60_000
"""How long a dispatcher that says nothing more is rung for."""


Queue = OrderedDict[TaskId, None]
"""Ids of tasks that may be claimed, the next one first."""


@dataclass(slots=True)
class Records:
    """Tasks and the places where they wait.

    The heaps are lazy: an entry counts only while it agrees with its task's record, so that
    moving a lease or cancelling a delayed task costs no search. ``mortal`` are QUEUED tasks by
    when they expire. ``credit`` is what was claimed in advance, by owner, ``handed`` what each
    submit has leased by it, to be fetched until ``fetch_by``.
    """

    tasks: dict[TaskId, Record] = field(default_factory=dict[TaskId, Record])
    ready: dict[tuple[str, int], Queue] = field(default_factory=dict[tuple[str, int], Queue])
    delays: list[tuple[float, TaskId]] = field(default_factory=list[tuple[float, TaskId]])
    leases: list[tuple[float, TaskId]] = field(default_factory=list[tuple[float, TaskId]])
    mortal: list[tuple[int, TaskId]] = field(default_factory=list[tuple[int, TaskId]])
    ended: deque[tuple[float, TaskId]] = field(default_factory=deque[tuple[float, TaskId]])
    functions: dict[FunctionId, Function] = field(default_factory=dict[FunctionId, Function])
    shelves: Shelves = field(default_factory=Shelves)
    inboxes: dict[str, list[TaskId]] = field(default_factory=dict[str, list[TaskId]])
    keys: dict[str, KnownKey | KnownBatch] = field(default_factory=dict[str, KnownKey | KnownBatch])
    batches: dict[BatchId, Batch] = field(default_factory=dict[BatchId, Batch])
    over: deque[tuple[float, BatchId]] = field(default_factory=deque[tuple[float, BatchId]])
    listeners: dict[str, float] = field(default_factory=dict[str, float])
    bells: set[str] = field(default_factory=set[str])
    credit: dict[str, Credit] = field(default_factory=dict[str, Credit])
    handed: dict[str, list[tuple[Leased, ...]]] = field(
        default_factory=dict[str, list[tuple[Leased, ...]]]
    )
    fetch_by: dict[str, float] = field(default_factory=dict[str, float])
    paused: set[int] = field(default_factory=set[int])
    tallies: Tallies = field(default_factory=Tallies)
    watched: Watched = field(default_factory=Watched)
    fading: Fading = field(default_factory=Fading)

    @property
    def unfinished(self) -> int:
        """Return how many tasks have not ended."""
        return len(self.tasks) - len(self.ended)

    def push(self, record: Record, due: float | None, *, head: bool) -> None:
        """Put a QUEUED task at the head or tail of its queue, or among the delayed ones."""
        record.due = due
        task_id = record.new.id
        if record.new.expires_at_ms:
            heappush(self.mortal, (record.new.expires_at_ms, task_id))
        if due is None:
            queue = self.ready.setdefault((record.tag, record.new.priority), OrderedDict())
            queue[task_id] = None
            queue.move_to_end(task_id, last=not head)
        else:
            heappush(self.delays, (due, task_id))

    def withdraw(self, record: Record) -> None:
        """Take a QUEUED task out of the place where it waits."""
        if record.due is None:
            del self.ready[record.tag, record.new.priority][record.new.id]
        record.due = None  # its entry among the delays counts no more

    def promote(self, now: float) -> None:
        """Move delayed tasks that are due to the tails of their queues, the earliest first.

        Rings for them: whoever looked may not want them.
        """
        while (record := self.next_delayed()) is not None and (record.due or 0.0) <= now:
            heappop(self.delays)
            self.push(record, None, head=False)
            self.ring(now)

    def pop_mortal(self, unix_ms: int) -> Record | None:
        """Take a QUEUED task that is not to be started any more out of where it waits."""
        while self.mortal and self.mortal[0][0] <= unix_ms:
            record = self.tasks.get(heappop(self.mortal)[1])
            if record is not None and record.status is TaskStatus.QUEUED:
                self.withdraw(record)
                return record
        return None

    def next_delayed(self) -> Record | None:
        """Return the delayed task that is due first."""
        while self.delays:
            due, task_id = self.delays[0]
            record = self.tasks.get(task_id)
            if record is not None and record.due == due:
                return record
            heappop(self.delays)
        return None

    def fronts(self, priority: int, tags: Iterable[str]) -> list[str]:
        """Return those of the tags for which tasks wait, the one that has waited longest first.

        None of a priority that is paused.
        """
        if priority in self.paused:
            return []
        queues = ((self.ready.get((tag, priority)), tag) for tag in tags)
        return [tag for _, tag in sorted((next(iter(q)), tag) for q, tag in queues if q)]

    def pop_ready(self, tag: str, priority: int, most: int) -> list[Record]:
        """Take the next tasks of an environment and priority that may be claimed."""
        queue = self.ready[tag, priority]
        return [
            self.tasks[queue.popitem(last=False)[0]] for _ in range(max(0, min(most, len(queue))))
        ]

    def waiting(self) -> set[str]:
        """Return the environments that tasks wait for which may be claimed."""
        places = self.ready.items()
        return {tag for (tag, priority), queue in places if queue and priority not in self.paused}

    def lease(self, record: Record, until: float) -> None:
        """Set or move the lease of a RUNNING task."""
        record.lease_until = until
        heappush(self.leases, (until, record.new.id))

    def pop_expired(self, now: float) -> Record | None:
        """Take the RUNNING task whose lease ended first, if that is not after ``now``."""
        while self.leases and self.leases[0][0] <= now:
            until, task_id = heappop(self.leases)
            record = self.tasks.get(task_id)
            if (
                record is not None
                and record.status is TaskStatus.RUNNING
                and record.lease_until == until
            ):
                return record
        return None

    def ring(self, now: float) -> None:
        """Ring for every dispatcher that listens."""
        self.bells.update(owner for owner, until in self.listeners.items() if until >= now)

    def hear(self, owner: str, now: float) -> bool:
        """Have work rung for a dispatcher from now on; return whether it has rung.

        Whoever was no listener may have missed a ring, so it has rung for it.
        """
        known = self.listeners.get(owner, -1.0) >= now
        if not known:
            self.listeners = {name: until for name, until in self.listeners.items() if until >= now}
            self.bells.intersection_update(self.listeners)
        self.listeners[owner] = now + LISTENER_MS
        rang = owner in self.bells
        self.bells.discard(owner)
        return rang or not known

    def enter(self, record: Record, now: float) -> None:
        """Count a new task in its batch, if it is of one."""
        task_id = record.new.id
        if (batch_id := batch_of(task_id)) is not None:
            batch = self.batches.setdefault(batch_id, Batch(record.created_at_ms, now))
            batch.quiet_since = now
            batch.count += 1
            batch.last = max(batch.last, position_of(task_id))

    def leave(self, record: Record, now: float) -> None:
        """Count a task that has just ended in its batch, if it is of one."""
        task_id = record.new.id
        if (batch_id := batch_of(task_id)) is not None and batch_id in self.batches:
            batch = self.batches[batch_id]
            batch.quiet_since = now
            batch.endings.append((task_id, record.status))
            if batch.is_over:
                self.over.append((now, batch_id))

    def revive(self, record: Record, now: float) -> None:
        """Take a task back that had ended, also in its batch."""
        task_id = record.new.id
        self.ended = deque(entry for entry in self.ended if entry[1] != task_id)
        if (batch_id := batch_of(task_id)) is not None and batch_id in self.batches:
            batch = self.batches[batch_id]
            batch.quiet_since = now
            ends = [each and each[0] for each in batch.endings]
            batch.endings[ends.index(task_id)] = None

    def forget_ended(self, before: float, known_ms: float) -> None:
        """Drop tasks that ended at or before a moment, and batches whose last task did.

        That those were there which are of no batch is known for ``known_ms`` after their end.
        """
        while self.ended and self.ended[0][0] <= before:
            ended, task_id = self.ended.popleft()
            del self.tasks[task_id]
            if batch_of(task_id) is None:
                self.fading.gone[task_id] = ended + known_ms
        while self.over and self.over[0][0] <= before:
            batch_id = self.over.popleft()[1]
            batch = self.batches.get(batch_id)
            if batch is not None and batch.is_over and batch.quiet_since <= before:
                del self.batches[batch_id]

    def forget_keys(self, now: float) -> None:
        """Drop idempotency keys whose time is up; all have the same time, so the first go first."""
        while self.keys and next(iter(self.keys.values())).until <= now:
            del self.keys[next(iter(self.keys))]
