"""The memory store's history: finding tasks again, earlier attempts, further tries."""

from collections.abc import Sequence

from ...domain.attempts import AttemptRecord, all_attempts
from ...domain.identifiers import TaskId, batch_of
from ...domain.ports import Retried, TaskPage, TaskQuery
from . import transitions
from .ground import Ground


class MemoryHistory:
    """The history of the tasks of one store in memory."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def find(self, query: TaskQuery, cursor: str, limit: int) -> TaskPage:
        """Return up to ``limit`` tasks, the newest first; looks at all of them."""
        self._ground.now()
        tasks = self._ground.records.tasks
        ids = sorted((each for each in tasks if not cursor or each < cursor), reverse=True)
        found = [task for each in ids if query.takes(task := tasks[each].shown())]
        more = len(found) > limit
        return TaskPage(tuple(found[:limit]), found[limit - 1].id if more else "")

    async def attempts(self, task_id: TaskId) -> list[AttemptRecord] | None:
        """Return a task's attempts that began."""
        self._ground.now()
        record = self._ground.records.tasks.get(task_id)
        if record is None:
            return None
        return all_attempts(list(record.past), record.shown(), record.outcome)

    async def was_there(self, task_id: TaskId) -> bool:
        """Return whether a task is known to have been forgotten."""
        self._ground.now()
        records = self._ground.records
        if (batch_id := batch_of(task_id)) is None:
            return task_id in records.fading.gone
        batch = records.batches.get(batch_id)
        return batch is not None and any(each and each[0] == task_id for each in batch.endings)

    async def retry(self, task_ids: Sequence[TaskId]) -> list[Retried]:
        """Queue ended tasks again that did not complete."""
        now = self._ground.now()
        answers = [transitions.retry(self._ground.records, each, now) for each in task_ids]
        self._ground.tell()
        return answers
