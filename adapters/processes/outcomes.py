"""What the supervisor tells its owner: outcomes with their evidence, and the queue of events."""

import asyncio
from collections.abc import Collection

from ...domain.identifiers import Attempt
from ...domain.output import TAIL_BYTES, Piece
from ...domain.ports import ExecutorEvent
from ...domain.task import Cause, Failure
from .backlog import Job
from .frames import Trouble
from .handle import Child


class Events:
    """Events on their way to the one who waits for them."""

    def __init__(self) -> None:
        """Start with none."""
        self._waiting: list[ExecutorEvent] = []
        self._news: asyncio.Future[None] | None = None

    def say(self, event: ExecutorEvent) -> None:
        """Add an event."""
        self._waiting.append(event)
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def say_piece(self, child: Child, job: Job, later: bytes = b"") -> bool:
        """Tell what a job has shown since the last piece; False if that is nothing.

        ``later`` is what its child has read of the output itself, behind all that was read here.
        """
        start, data = child.tail.fresh()
        progress = child.fresh_progress(job)
        if not (data or later or progress):
            return False
        start, data = start + max(0, len(data) + len(later) - TAIL_BYTES), data + later
        self.say(Piece(job.attempt, start, data[-TAIL_BYTES:], progress))
        return True

    def say_rest(self, child: Child, job: Job, later: bytes = b"") -> None:
        """Tell the rest of a job that has ended, if anything was told of it or it came far.

        Whoever followed it can so go on to the end, however much was cut from its outcome.
        """
        if child.tail.told:
            self.say_piece(child, job, later)
        elif (progress := child.fresh_progress(job)) is not None:
            self.say(Piece(job.attempt, 0, b"", progress))

    def unsay(self, attempts: Collection[Attempt]) -> None:
        """Take back what was said of these attempts and not heard yet."""
        self._waiting = [event for event in self._waiting if event.attempt not in attempts]

    async def hear(self) -> list[ExecutorEvent]:
        """Wait for events and return all that are there, in order, never none."""
        while not self._waiting:
            self._news = asyncio.get_running_loop().create_future()
            await self._news
        heard, self._waiting = self._waiting, []
        return heard


def failure(
    trouble: Trouble,
    attempt: Attempt,
    worker: str,
    *,
    rss_kb: int = 0,
    run_ms: float = 0.0,
    output: str = "",
) -> Failure:
    """Return the outcome of a job that did not."""
    try:
        cause = Cause(trouble.cause)
    except ValueError:
        cause = Cause.EXCEPTION  # not our child's word: the user's code wrote to its pipe
    return Failure(
        cause=cause,
        type=trouble.type,
        message=trouble.message,
        traceback=trouble.traceback,
        exception=trouble.exception,
        exit_code=trouble.exit_code,
        signal=trouble.signal,
        peak_rss_kb=rss_kb,
        run_ms=run_ms,
        worker=worker,
        attempt=attempt.number,
        output=output,
    )


def whole_output(earlier: bytes, later: str) -> str:
    """Return what the supervisor read of an output and then the child, cut to the tail."""
    if not earlier and len(later) <= TAIL_BYTES:
        return later
    return (earlier + later.encode())[-TAIL_BYTES:].decode("utf-8", "replace")
