"""What the memory store keeps beside tasks: keys that were given, batches, and counts."""

from collections import Counter, deque
from dataclasses import dataclass, field

from ...domain.identifiers import BatchId, TaskId
from ...domain.ports.events import CHANGES_KEPT, Change
from ...domain.task import TaskStatus

_CHANGES = 100 * CHANGES_KEPT

RATE_MS, RATE_BUCKETS = 5_000, 12
"""Rates are counted in steps of so many ms, and told of so many of them."""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """An idempotency key: until when it is known, the digest of its request, and its task."""

    until: float
    digest: str
    task_id: TaskId


@dataclass(frozen=True, slots=True)
class KnownBatch:
    """An idempotency key of a batch, as above."""

    until: float
    digest: str
    batch_id: BatchId


@dataclass(slots=True)
class Batch:
    """What is known of a batch: how many tasks, the highest position, which ended and when.

    ``quiet_since`` is when the last task was recorded or ended. Where a task was tried again is
    None in place of its end.
    """

    created_at_ms: int
    quiet_since: float
    count: int = 0
    last: int = 0
    endings: list[tuple[TaskId, TaskStatus] | None] = field(
        default_factory=list[tuple[TaskId, TaskStatus] | None]
    )

    @property
    def is_over(self) -> bool:
        """Return whether all tasks that were recorded have ended; more may come."""
        return len(self.endings) - self.endings.count(None) == self.count


@dataclass(slots=True)
class Tallies:
    """How many tasks came and ended as what; of each priority those that came (n) or were claimed
    (c), by the five seconds in which they did.
    """

    submitted: int = 0
    ended: Counter[TaskStatus] = field(default_factory=Counter[TaskStatus])
    rates: Counter[tuple[int, str, int]] = field(default_factory=Counter[tuple[int, str, int]])

    def came(self, priority: int, unix_ms: int) -> None:
        """Count a new task."""
        self.submitted += 1
        self.rates[unix_ms // RATE_MS, "n", priority] += 1

    def claimed(self, priority: int, unix_ms: int) -> None:
        """Count a claim."""
        self.rates[unix_ms // RATE_MS, "c", priority] += 1

    def forget(self, unix_ms: int) -> None:
        """Drop what is older than any rate asks for."""
        oldest = unix_ms // RATE_MS - RATE_BUCKETS
        while self.rates and next(iter(self.rates))[0] < oldest:
            del self.rates[next(iter(self.rates))]


@dataclass(slots=True)
class Watched:
    """The changes that were written, numbered from 1, and until when they are."""

    until: float = 0.0
    number: int = 0
    changes: deque[Change] = field(default_factory=lambda: deque[Change](maxlen=_CHANGES))

    def note(self, task_id: TaskId, status: TaskStatus, steady: float, unix_ms: int) -> None:
        """Write a change down if somebody watches."""
        if steady < self.until:
            self.number += 1
            self.changes.append(Change(str(self.number), task_id, status, unix_ms))
