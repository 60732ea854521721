"""What has been, on Redis: finding tasks again, earlier attempts, further tries."""

from collections.abc import Sequence

from ...domain.attempts import AttemptEnd, AttemptRecord, all_attempts, ended_attempt
from ...domain.identifiers import TaskId
from ...domain.ports import Retried, TaskPage, TaskQuery
from ...domain.task import Failure, Outcome, Task, TaskStatus
from . import evidence, record
from .batches import batches
from .driver import Driver
from .framing import frame, unframe

LOOKED_AT = 500
"""How many tasks one call of find.lua looks at, at most: 1.5 ms of the server's time."""

LOOKED_AT_LEAST = 50
"""And at least: some that are listed may have gone."""

CALLS = 25
"""How many calls one page makes at most, so that a rare tag does not hold up its asker for long."""

_LETTERS = {
    TaskStatus.QUEUED: "QD",
    TaskStatus.RUNNING: "R",
    TaskStatus.COMPLETED: "C",
    TaskStatus.FAILED: "FP",
    TaskStatus.CANCELLED: "X",
    TaskStatus.EXPIRED: "E",
}
_RETRIED = dict(zip(b"QNLG", Retried, strict=True))
_PAST = {
    "f": AttemptEnd.FAILED,
    "l": AttemptEnd.LOST,
    "r": AttemptEnd.RELEASED,
    "x": AttemptEnd.CANCELLED,
}


class RedisHistory:
    """The history of the tasks of one shard."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def find(self, query: TaskQuery, cursor: str, limit: int) -> TaskPage:
        """Return up to ``limit`` tasks, the newest first; looks at LOOKED_AT * CALLS at most."""
        states = "".join(_LETTERS[status] for status in sorted(query.statuses))
        tag, worker = (record.word(text) if text else "" for text in (query.tag, query.worker))
        wanted = (states, query.function_id or "", tag, worker)
        most = LOOKED_AT if any(wanted) else min(LOOKED_AT, max(LOOKED_AT_LEAST, limit))
        found: list[Task] = []
        for _ in range(CALLS):
            answer = unframe(await self._driver.run("find", cursor, most, *wanted))
            cursor = answer[0].decode()
            for told, head in zip(answer[1::2], answer[2::2], strict=True):
                task = record.task(TaskId(told.decode()), head)
                if task is not None:
                    found.append(task)
            if len(found) > limit or (len(found) == limit and cursor):
                return TaskPage(tuple(found[:limit]), found[limit - 1].id)
            if not cursor:
                break
        return TaskPage(tuple(found), cursor)

    async def attempts(self, task_id: TaskId) -> list[AttemptRecord] | None:
        """Return a task's attempts that began."""
        told, *past = unframe(await self._driver.run("attempts", task_id))
        if not told:
            return None
        task, seen = record.task_and_evidence(task_id, told)
        try:
            earlier = [_earlier(each, task.created_at_ms) for each in past]
        except (ValueError, KeyError, *evidence.UNREADABLE) as error:
            raise record.unreadable("task", task_id) from error
        return all_attempts(earlier, task, seen)

    async def was_there(self, task_id: TaskId) -> bool:
        """Return whether a task is known to have been forgotten."""
        return bool(await self._driver.run("known", task_id))

    async def retry(self, task_ids: Sequence[TaskId]) -> list[Retried]:
        """Queue ended tasks again that did not complete."""
        answers: list[Retried] = []
        for part in batches(task_ids):
            asked = frame(map(str.encode, part))
            letters = await self._driver.run("retry", asked)
            answers.extend(_RETRIED[letter] for letter in letters)
        return answers


def _earlier(written: bytes, created_at_ms: int) -> AttemptRecord:
    """Return an earlier attempt, as ``remember`` of lua/shared/again.lua wrote it."""
    head, _, body = written.partition(b"\n")
    number, queued, started, finished, ran, worker, how = head.decode().split(" ")
    failure: Outcome | None = None
    length, _, told = body[1:].partition(b":")
    if int(length):
        failure = evidence.outcome(TaskStatus.FAILED, int(number), told[: int(length)], b"")
    start = None if started == "-" else int(started)
    if start is None and int(ran) >= 0:
        start = max(created_at_ms, int(finished) - int(ran))
    return ended_attempt(
        int(number),
        _PAST[how],
        record.unword(worker),
        (int(queued), start, int(finished)),
        failure if isinstance(failure, Failure) else None,
    )
