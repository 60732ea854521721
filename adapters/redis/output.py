"""What running attempts show, on Redis: one hash a task, and a word on the channel of endings."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

import msgspec
from msgspec.structs import astuple

from ...domain.identifiers import TaskId
from ...domain.output import TAIL_BYTES, Piece, Progress
from ...domain.ports import Shown
from .batches import batches
from .driver import Driver
from .endings import Endings
from .framing import frame
from .keys import Keys
from .record import unreadable

_encode = msgspec.msgpack.Encoder().encode


class _Progress(msgspec.Struct, array_like=True, gc=False):
    done: float
    total: float | None = None
    note: str = ""


_progress = msgspec.msgpack.Decoder(_Progress).decode

Ended = Callable[[Sequence[TaskId]], Awaitable[frozenset[TaskId]]]


class RedisOutput:
    """The OutputStore port over a driver.

    ``ended`` tells which of some tasks have ended or do not exist; ``kept`` is the retention time
    in ms, and how often in s who waits is looked up in case a published message was lost.
    """

    def __init__(
        self, driver: Driver, keys: Keys, endings: Endings, ended: Ended, kept: tuple[int, float]
    ) -> None:
        self._driver = driver
        self._keys = keys
        self._endings = endings
        self._ended = ended
        self._retention_ms, self._poll_s = kept

    async def show(self, pieces: Sequence[Piece]) -> None:
        """Add pieces, and wake who waits."""
        for batch in batches(pieces, lambda piece: len(piece.data)):
            items = frame(item for piece in batch for item in _items(piece))
            await self._driver.run("show", self._retention_ms, TAIL_BYTES, items)

    async def shown(self, task_id: TaskId) -> Shown | None:
        """Return what a task has shown; None if nothing."""
        key = self._keys.output(task_id)
        answer = await self._driver.command("HMGET", key, "n", "s", "d", "p", "r")
        number, start, data, progress, revision = cast("list[bytes | None]", answer)
        if number is None or start is None or data is None or revision is None:
            return None
        try:
            said = None if progress is None else Progress(*astuple(_progress(progress)))
            return Shown(int(number), int(start), data, said, int(revision))
        except (msgspec.MsgspecError, ValueError) as error:
            raise unreadable("task", task_id) from error

    async def wait_shown(self, task_id: TaskId, revision: int, timeout_s: float) -> None:
        """Return once the revision is another, or the task has ended, or time is up."""
        now = asyncio.get_running_loop().time
        deadline = now() + timeout_s
        asked = frozenset([task_id, TaskId(f"o:{task_id}")])

        async def look_up(_: Sequence[TaskId]) -> frozenset[TaskId]:
            shown = await self.shown(task_id)
            if (0 if shown is None else shown.revision) != revision:
                return asked
            return await self._ended([task_id])

        while (left := deadline - now()) > 0 and not self._endings.leaving:
            # looked at anew each time: a published message may be lost
            if await self._endings.wait(asked, min(left, self._poll_s), look_up):
                return


def _items(piece: Piece) -> tuple[bytes, ...]:
    task_id, number, _ = piece.attempt
    progress = b"" if piece.progress is None else _encode(piece.progress)
    return task_id.encode(), b"%d" % number, b"%d" % piece.start, piece.data, progress
