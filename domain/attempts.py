"""The attempts of a task: each with its times, how it ended, and what was seen of it."""

from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from .task import Cause, Failure, Outcome, Task, TaskStatus

ATTEMPTS_KEPT = 20
"""How many of a task's earlier attempts are known; the earliest are forgotten first."""


class AttemptEnd(StrEnum):
    """How an attempt ended, if it did."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    LOST = "lost"
    """Its worker was lost, and its lease ended."""
    RELEASED = "released"
    """It was stopped and handed back: its worker left."""
    CANCELLED = "cancelled"


class AttemptRecord(NamedTuple):
    """One attempt of a task. Times are milliseconds since 1970 by the store's clock.

    ``started_at_ms`` is None where the start was not seen. ``failure`` comes without the pickle
    of the exception: only the task's outcome has that.
    """

    number: int
    end: AttemptEnd
    worker: str = ""
    queued_at_ms: int = 0
    started_at_ms: int | None = None
    finished_at_ms: int | None = None
    failure: Failure | None = None
    peak_rss_kb: int = 0
    run_ms: float = 0.0
    output: str = ""


_LAST = {
    TaskStatus.RUNNING: AttemptEnd.RUNNING,
    TaskStatus.COMPLETED: AttemptEnd.COMPLETED,
    TaskStatus.FAILED: AttemptEnd.FAILED,
    TaskStatus.CANCELLED: AttemptEnd.CANCELLED,
}


def all_attempts(
    earlier: list[AttemptRecord], task: Task, outcome: Outcome | None
) -> list[AttemptRecord]:
    """Return a task's attempts: the earlier ones, and the one that runs or that ended the task."""
    end = _LAST.get(task.status)
    if end is None or not task.attempt or (earlier and earlier[-1].number == task.attempt):
        return earlier
    if isinstance(outcome, Failure) and outcome.cause is Cause.WORKER_LOST:
        end = AttemptEnd.LOST
    seen = None if end is AttemptEnd.CANCELLED else outcome
    record = AttemptRecord(
        task.attempt,
        end,
        task.worker,
        task.queued_at_ms,
        task.started_at_ms,
        task.finished_at_ms,
        replace(seen, exception=b"") if isinstance(seen, Failure) else None,
    )
    if seen is not None:
        record = record._replace(
            peak_rss_kb=seen.peak_rss_kb, run_ms=seen.run_ms, output=seen.output
        )
    return [*earlier, record]


def ended_attempt(
    number: int,
    end: AttemptEnd,
    worker: str,
    times: tuple[int, int | None, int],
    failure: Failure | None,
) -> AttemptRecord:
    """Return an attempt after which its task went on; ``times``: queued, started, finished."""
    queued, started, finished = times
    record = AttemptRecord(number, end, worker, queued, started, finished)
    if failure is None:
        return record
    return record._replace(
        failure=replace(failure, exception=b""),
        peak_rss_kb=failure.peak_rss_kb,
        run_ms=failure.run_ms,
        output=failure.output,
    )
