"""The news of tasks that have ended, as the scripts publish it: see ``lua/shared/publish.lua``.

A message names the tasks and the batches that they belong to. Where few have ended at once it also
has their strings, and how their batches stand since, so that whoever waits need not look.
"""

from ...domain.identifiers import BatchId, TaskId
from ...domain.ports import BatchState
from .framing import unframe

DIGITS = 4
"""So many digits at the end of the id of a batch's task are its position, and 0 in the batch's."""


class News:
    """One message; what it tells beyond names is read when somebody asks."""

    __slots__ = ("_framed", "_states", "_told", "names")

    def __init__(self, message: bytes) -> None:
        """Take the message; ``names`` are those of tasks, and behind them those of batches."""
        names, _, self._framed = message.partition(b"\n")
        self.names = [TaskId(name) for name in names.decode().split()]
        self._told: dict[bytes, bytes] | None = None
        self._states: dict[BatchId, BatchState | None] = {}

    def told(self, name: TaskId) -> bytes:
        """Return a task's string, or how a batch stands; empty where the message does not say."""
        if not self._framed:
            return b""
        if self._told is None:
            items = unframe(self._framed)
            self._told = dict(zip(items[::2], items[1::2], strict=True))
        return self._told.get(name.encode(), b"")

    def state(self, batch_id: BatchId) -> BatchState | None:
        """Return how a batch stands since, whose tasks are all told then.

        None where the message does not say, or says it as another version does.
        """
        if batch_id not in self._states:
            self._states[batch_id] = _state(self.told(TaskId(batch_id)))
        return self._states[batch_id]

    def members(self, batch_id: BatchId) -> list[TaskId]:
        """Return which of a batch's tasks have ended, in order."""
        named = TaskId(batch_id)
        stem = named[:-DIGITS]
        return [each for each in self.names if each.startswith(stem) and each != named]


def _state(words: bytes) -> BatchState | None:
    try:
        return BatchState(*map(int, words.split())) if words else None
    except (ValueError, TypeError):
        return None
