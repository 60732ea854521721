"""The use cases about what tasks show: what they have written, and how far they have come.

While an attempt runs it is what its worker told last (``ports/output.py``); once it has ended, the
evidence of its outcome, which is recorded with it and lives as long.
"""

from dataclasses import dataclass

from .attempts import AttemptRecord
from .errors import Gone, NotFound
from .identifiers import TaskId
from .output import TAIL_BYTES, Progress
from .ports import OutputStore, Shown, TaskHistory, TaskStore
from .task import Outcome, Task, TaskStatus

_CONTINUES = range(0x80, 0xC0)
"""Bytes with which no character of UTF-8 begins."""

_LONGEST = 3
"""So many bytes of a character may be there without the last one."""


@dataclass(frozen=True, slots=True)
class LogPage:
    """Output of an attempt, from the offset asked for on. Offsets count bytes of it in UTF-8.

    ``next_offset`` is what to ask for next. ``truncated``: some before ``text`` is no longer kept.
    ``done``: no more will come. ``revision`` is what ``wait`` takes.
    """

    attempt: int
    text: str
    next_offset: int
    truncated: bool
    done: bool
    revision: int


@dataclass(frozen=True, slots=True)
class _Tail:
    """Output that is kept: ``data`` from the offset ``start`` on."""

    start: int
    data: bytes


class Outputs:
    """What tasks show; see ``ports/output.py``."""

    def __init__(self, tasks: TaskStore, store: OutputStore, history: TaskHistory) -> None:
        """Take the ports."""
        self._tasks = tasks
        self._history = history
        self._store = store

    async def logs(self, task_id: TaskId, attempt: int | None = None, after: int = 0) -> LogPage:
        """Return what an attempt (default: the latest) has written to stdout and stderr.

        Raises NotFound for a task or an attempt that is not there (any more), StoreUnavailable.
        """
        task, outcome = await self._found(task_id)
        number = task.attempt if attempt is None else attempt
        if not 0 <= number <= task.attempt or attempt == 0:
            raise NotFound("attempt", f"{number} of task {task_id}")
        shown = await self._store.shown(task_id)
        live = shown if shown is not None and shown.number == number else None
        done = number < task.attempt or task.status is not TaskStatus.RUNNING
        if task.status is TaskStatus.QUEUED and attempt is None:
            done = False
        if number < task.attempt or task.status is TaskStatus.QUEUED:
            tail = await self._earlier(task, number, live)
        else:
            tail = _tail(outcome if task.status.is_terminal else None, live)
        revision = 0 if shown is None else shown.revision
        return _page(number, tail, after, done=done, revision=revision)

    async def progress(self, task_id: TaskId) -> Progress | None:
        """Return how far the latest attempt says that it has come; None if it has said nothing.

        Raises NotFound, StoreUnavailable.
        """
        task, _ = await self._found(task_id)
        return await self.progress_of(task_id, task.attempt)

    async def progress_of(self, task_id: TaskId, attempt: int) -> Progress | None:
        """Return the same of an attempt that is known to run, in one call of the store.

        Raises StoreUnavailable.
        """
        shown = await self._store.shown(task_id)
        return None if shown is None or shown.number != attempt else shown.progress

    async def wait(self, task_id: TaskId, seen: int, timeout_s: float) -> int:
        """Return the revision of what a task shows once it is not ``seen``, or the task has ended.

        After ``timeout_s`` at the latest; sometimes too early. 0 is that of one that has shown
        nothing. Raises StoreUnavailable.
        """
        await self._store.wait_shown(task_id, seen, timeout_s)
        shown = await self._store.shown(task_id)
        return 0 if shown is None else shown.revision

    async def _earlier(self, task: Task, number: int, live: Shown | None) -> _Tail:
        """Return the output of an attempt after which the task went on."""
        for record in await self._history.attempts(task.id) or ():
            if record.number == number:
                return _tail(record, live)
        return _tail(None, live)

    async def _found(self, task_id: TaskId) -> tuple[Task, Outcome | None]:
        (found,) = await self._tasks.outcomes([task_id])
        if found is None:
            raise await missing(self._history, task_id)
        return found


async def missing(history: TaskHistory, task_id: TaskId) -> NotFound:
    """Return the error for a task that is not there: Gone, if it is known to have been."""
    if await history.was_there(task_id):
        return Gone("task", task_id, "for the retention of the service")
    return NotFound("task", task_id)


def _tail(outcome: Outcome | AttemptRecord | None, live: Shown | None) -> _Tail:
    """Return the output that is known best: the evidence, unless its beginning was cut off.

    Where that was, it was told live as well, and there it has its offset.
    """
    told = _Tail(0, b"") if live is None else _Tail(live.start, live.data)
    if outcome is None or (live and not outcome.output):
        return told
    data = outcome.output.encode("utf-8", "replace")
    if len(data) < TAIL_BYTES - _LONGEST or live is None:
        return _Tail(0, data)
    end = live.start + len(live.data)
    return _Tail(max(0, end - len(data)), data)


def _page(number: int, tail: _Tail, after: int, *, done: bool, revision: int) -> LogPage:
    """Return a tail from an offset on, cut between characters."""
    end = tail.start + len(tail.data)
    first = min(max(after, tail.start), max(end, after))
    data = tail.data[first - tail.start :]
    if first == tail.start > 0:  # the cut may have gone through a character
        whole = next((at for at, byte in enumerate(data[:4]) if byte not in _CONTINUES), 0)
        first, data = first + whole, data[whole:]
    if not done:
        data = data[: len(data) - _unfinished(data)]
    return LogPage(
        attempt=number,
        text=data.decode("utf-8", "replace"),
        next_offset=first + len(data),
        truncated=after < tail.start,
        done=done,
        revision=revision,
    )


def _unfinished(data: bytes) -> int:
    """Return how many bytes at the end are the beginning of a character."""
    for back in range(1, min(_LONGEST, len(data)) + 1):
        byte = data[-back]
        if byte not in _CONTINUES:
            length = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1  # noqa: PLR2004
            return back if back < length else 0
    return 0
