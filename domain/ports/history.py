"""What has been: finding tasks again, their attempts, and another try of one that failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ..attempts import AttemptRecord
from ..identifiers import FunctionId, TaskId
from ..task import Task, TaskStatus


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """Which tasks are asked for; what is empty or None does not matter.

    ``worker`` is who runs a task, or ran it last: known from when its start is noted on.
    """

    statuses: frozenset[TaskStatus] = frozenset()
    function_id: FunctionId | None = None
    tag: str = ""
    worker: str = ""

    def takes(self, task: Task) -> bool:
        """Return whether a task is one of those."""
        return (
            (not self.statuses or task.status in self.statuses)
            and (self.function_id is None or task.function_id == self.function_id)
            and (not self.tag or self.tag in task.tags)
            and (not self.worker or task.worker == self.worker)
        )


@dataclass(frozen=True, slots=True)
class TaskPage:
    """Some tasks, and where to go on: ``next_cursor`` is empty where there are no more.

    A page may have fewer tasks than were asked for, or none, and still not be the last: only so
    many are looked at for one.
    """

    tasks: tuple[Task, ...]
    next_cursor: str = ""


class Retried(StrEnum):
    """The answer to the wish for another try of a task."""

    QUEUED = "queued"
    NOT_FAILED = "not_failed"
    """It has not ended, or it has completed."""
    LOST = "lost"
    """Its payload is not there any more."""
    GONE = "gone"


REMEMBERED_MS = 3_600_000
"""That there was a task is known for so long after it is forgotten, or the retention if shorter."""


class TaskHistory(Protocol):
    """What is known of tasks beside how they stand. Any method may raise StoreUnavailable."""

    async def find(self, query: TaskQuery, cursor: str, limit: int) -> TaskPage:
        """Return up to ``limit`` tasks, the newest first, by their ids; not atomic.

        ``cursor`` is the id of the last task that was seen, which need not exist any more, or
        empty: from the newest on. The tasks of a batch stand together where the batch does.
        """
        ...

    async def attempts(self, task_id: TaskId) -> list[AttemptRecord] | None:
        """Return a task's attempts that began, in order: ATTEMPTS_KEPT and the last. None: gone."""
        ...

    async def was_there(self, task_id: TaskId) -> bool:
        """Return whether a task is known to have been forgotten: its retention has passed.

        One of a batch is known for as long as its batch is, another one for REMEMBERED_MS. False
        may also mean that it is there.
        """
        ...

    async def retry(self, task_ids: Sequence[TaskId]) -> list[Retried]:
        """Queue tasks again that ended and did not complete, at the tail, with all of their budget.

        Attempts are counted on. What the task failed with is kept among its attempts; a time to
        expire that has passed is dropped. Its batch counts it among those that have not ended, and
        tells of its next end behind all that it has told. Repeatable: NOT_FAILED, until it ends
        again.
        """
        ...
