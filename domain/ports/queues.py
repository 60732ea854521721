"""The queues, one for each priority: how they stand, and taking them out of service."""

from dataclasses import dataclass
from typing import Protocol

from ..identifiers import TaskId


@dataclass(frozen=True, slots=True)
class QueueState:
    """How the queue of one priority stands.

    ``depth`` counts tasks that may be claimed (entries of cancelled ones may be among them where
    it is long), ``oldest_at_ms`` is when the first in line was submitted. ``submitted_per_s`` and
    ``claimed_per_s`` are of the last minute.
    """

    priority: int
    depth: int = 0
    oldest_at_ms: int | None = None
    paused: bool = False
    submitted_per_s: float = 0.0
    claimed_per_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Totals:
    """How many tasks were recorded, and have ended as what, since the store is there."""

    submitted: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    expired: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """All queues, how many tasks are delayed and how many run, and the totals."""

    queues: tuple[QueueState, ...]
    delayed: int = 0
    running: int = 0
    totals: Totals = Totals()


PLACES_MOST = 10_000
"""So far in its own queue a task is looked for; beyond it, all of the queue counts as before it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a task waits: ``tag`` is the environment that it needs.

    ``ahead`` is how many tasks of that environment come before it, None where it is in no queue.
    """

    tag: str
    ahead: int | None


class QueueStore(Protocol):
    """The queues as a whole. Any method may raise StoreUnavailable; all may be repeated."""

    async def standing(self) -> Standing:
        """Return how the queues stand, all at one moment."""
        ...

    async def place(self, task_id: TaskId) -> Place | None:
        """Return where a task waits; None if it does not exist. Cheap, see PLACES_MOST."""
        ...

    async def pause(self, priority: int) -> None:
        """Let no task of a priority be claimed, until ``resume``; those that run go on."""
        ...

    async def resume(self, priority: int) -> None:
        """Let tasks of a priority be claimed again, and ring."""
        ...

    async def purge(self, priority: int) -> int:
        """Cancel all QUEUED tasks of a priority, delayed ones too; return how many.

        Those that may be claimed come first, by environment and in their order, then the delayed
        ones by when they are due. Not atomic: those that are submitted or claimed meanwhile may be
        left out.
        """
        ...
