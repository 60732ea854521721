"""The memory store's view of what running attempts show: the reference of the OutputStore port."""

from collections.abc import Sequence

from ...domain.identifiers import TaskId
from ...domain.output import Piece, merged
from ...domain.ports import Shown
from .ground import Ground


class MemoryOutput:
    """The latest pieces by task, for the retention time."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._clock = ground.clock
        self._signals = ground.signals
        self._kept: dict[TaskId, tuple[float, Piece, int]] = {}

    async def show(self, pieces: Sequence[Piece]) -> None:
        """Add pieces, and wake who waits."""
        self._forget()
        until = self._clock.steady_ms() + self._ground.retention_ms
        for piece in pieces:
            task_id, number, _ = piece.attempt
            _, old, revision = self._kept.pop(task_id, (0.0, piece, 0))
            if old.attempt.number == number:
                latest = merged(old, piece)
            else:
                latest = max(old, piece, key=lambda each: each.attempt.number)
            self._kept[task_id] = (until, latest, revision + 1)
        self._signals.wake_waiters({_key(piece.attempt.task_id) for piece in pieces})

    async def shown(self, task_id: TaskId) -> Shown | None:
        """Return what a task has shown; None if nothing."""
        self._forget()
        if task_id not in self._kept:
            return None
        _, piece, revision = self._kept[task_id]
        return Shown(piece.attempt.number, piece.start, piece.data, piece.progress, revision)

    async def wait_shown(self, task_id: TaskId, revision: int, timeout_s: float) -> None:
        """Return once the revision is another, or the task has ended, or time is up."""
        shown = await self.shown(task_id)
        now = 0 if shown is None else shown.revision
        if timeout_s > 0 and now == revision and not self._is_over(task_id):
            await self._signals.wait((task_id, _key(task_id)), timeout_s)

    def _is_over(self, task_id: TaskId) -> bool:
        """Return whether a task has ended, or does not exist."""
        over = self._ground.terminal(frozenset([task_id]))
        return bool(over) or task_id not in self._ground.records.tasks

    def _forget(self) -> None:
        """Drop what has outlived the retention time: the oldest come first."""
        now = self._clock.steady_ms()
        while self._kept and next(iter(self._kept.values()))[0] <= now:
            del self._kept[next(iter(self._kept))]


def _key(task_id: TaskId) -> TaskId:
    """Return under which id those wait who wait for output."""
    return TaskId(f"o:{task_id}")
