"""What the verbs of the memory store have in common: one step of a record, and what it leaves.

Whether a step is legal is asked of the domain's table, in ``step`` and nowhere else.
"""

from dataclasses import dataclass
from math import isfinite

from ...domain.attempts import ATTEMPTS_KEPT, AttemptEnd, ended_attempt
from ...domain.identifiers import Attempt
from ...domain.policy import Charge
from ...domain.ports import Written
from ...domain.task import Cause, Failure, Outcome, Spent, TaskEvent, TaskStatus, next_status
from .record import Record
from .records import Records


@dataclass(frozen=True, slots=True)
class Moment:
    """When a verb was called: ``steady`` measures durations, ``unix_ms`` is shown."""

    steady: float
    unix_ms: int


def step(record: Record, event: TaskEvent) -> None:
    """Change a record's status by the domain's table; raise IllegalTransition."""
    record.status = next_status(record.status, event, record.new.id)


def note(records: Records, record: Record, now: Moment) -> None:
    """Tell who watches of the state into which a task has come."""
    records.watched.note(record.new.id, record.status, now.steady, now.unix_ms)


def fenced(records: Records, attempt: Attempt, verb: TaskEvent) -> tuple[Record | None, Written]:
    """Return the record that this attempt may write to, and what to answer in any case."""
    record = records.tasks.get(attempt.task_id)
    if record is None:
        return None, Written.GONE
    if record.attempt != attempt:
        return None, Written.STALE
    if record.status is TaskStatus.RUNNING:
        return record, Written.RECORDED
    return None, Written.DUPLICATE if record.ended_by is verb else Written.STALE


def due(record: Record, delay_ms: int, now: Moment) -> float | None:
    """Return when a task is due that waits for ``delay_ms``, and note it; None: now."""
    record.due_at_ms = now.unix_ms + delay_ms
    return now.steady + delay_ms if delay_ms > 0 else None


def date_start(record: Record, run_ms: float, now: Moment) -> None:
    """Date the start of an attempt that ended before its start was noted."""
    if record.started_at_ms is None:
        record.started_at_ms = dated(record, run_ms, now)


def dated(record: Record, run_ms: float, now: Moment) -> int:
    """Return when an attempt began that ran for ``run_ms`` and ended now."""
    ran = int(run_ms) if isfinite(run_ms) and run_ms > 0 else 0
    return max(record.created_at_ms, now.unix_ms - ran)


def end(records: Records, record: Record, event: TaskEvent, outcome: Outcome, now: Moment) -> None:
    """Give a task its outcome."""
    step(record, event)
    record.outcome = outcome
    record.finished_at_ms = now.unix_ms
    record.reason = ""
    if event is TaskEvent.COMPLETE:  # all else may be tried again
        record.new = record.new._replace(payload=b"")
    records.ended.append((now.steady, record.new.id))
    records.tallies.ended[record.status] += 1
    note(records, record, now)
    records.leave(record, now.steady)


def back(records: Records, record: Record, event: TaskEvent, now: Moment) -> None:
    """Let a task wait again; it is put nowhere yet."""
    step(record, event)
    record.started_at_ms, record.worker = None, ""
    record.queued_at_ms = now.unix_ms
    note(records, record, now)
    records.ring(now.steady)


def remember(
    record: Record, end: AttemptEnd, worker: str, failure: Failure | None, now: Moment
) -> None:
    """Keep an attempt after which the task goes on."""
    started = record.started_at_ms
    if started is None and failure is not None and failure.run_ms > 0:
        started = dated(record, failure.run_ms, now)
    times = (record.queued_at_ms, started, now.unix_ms)
    ended = ended_attempt(record.number, end, worker, times, failure)
    record.past = [*record.past, ended][-ATTEMPTS_KEPT:]


def charged(spent: Spent, charge: Charge) -> Spent:
    """Return what is spent after one more charge."""
    match charge:
        case Charge.RETRY:
            return spent._replace(retries=spent.retries + 1)
        case Charge.STRIKE:
            return spent._replace(strikes=spent.strikes + 1)
        case Charge.LOSS:
            return spent._replace(losses=spent.losses + 1)
        case Charge.NOTHING:
            return spent


def lost(record: Record) -> Failure:
    """Return the failure of a task whose worker was lost for good."""
    text = "the worker that ran this task was lost, and no further try is left"
    return Failure(Cause.WORKER_LOST, "WorkerLost", text, attempt=record.number)


def expired(record: Record) -> Failure:
    """Return the failure of a task that was not started in time."""
    text = "the task was not started in time"
    return Failure(Cause.EXPIRED, "Expired", text, attempt=record.number)


def cancelled(record: Record) -> Failure:
    """Return the failure of a task that was cancelled."""
    return Failure(Cause.CANCELLED, "Cancelled", "the task was cancelled", attempt=record.number)
