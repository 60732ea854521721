"""One task, one step: what each verb of the store does to the records in memory.

Every function takes the records, one item of a batch and the moment, changes the records at once
and answers with a value of the port. Whether a step is legal is asked of the domain's table, in
``_step`` and nowhere else. Nothing here wakes anybody: the store does, after the batch.
"""

from dataclasses import dataclass
from math import ceil, isfinite

from ...domain.identifiers import Attempt, TaskId
from ...domain.policy import Charge
from ...domain.ports import (
    Cancelled,
    Completion,
    Defeat,
    Leased,
    Reaped,
    Repeated,
    Submitted,
    Written,
)
from ...domain.task import (
    Cause,
    Failure,
    NewTask,
    Outcome,
    Spent,
    TaskEvent,
    TaskStatus,
    next_status,
)
from .records import KnownKey, Record, Records


@dataclass(frozen=True, slots=True)
class Moment:
    """When a verb was called: ``steady`` measures durations, ``unix_ms`` is shown."""

    steady: float
    unix_ms: int


def submit(
    records: Records, task: NewTask, limit: int, keep_ms: int, now: Moment
) -> Submitted | Repeated:
    """Record a new task, unless it is there, its function is not, or ``limit`` are unfinished.

    Its idempotency key is known for ``keep_ms``.
    """
    if task.id in records.tasks:
        return Submitted.EXISTS
    wish = task.idempotency
    if wish is not None and (known := records.keys.get(wish.key)) is not None:
        if isinstance(known, KnownKey) and known.digest == wish.digest:
            return Repeated(known.task_id)
        return Submitted.CONFLICT
    function = records.functions.get(task.function_id)
    if function is None or function.deleted:
        return Submitted.NO_FUNCTION if function is None else Submitted.DELETED
    if records.unfinished >= limit:
        return Submitted.FULL
    if wish is not None:
        records.keys[wish.key] = KnownKey(now.steady + keep_ms, wish.digest, task.id)
    record = Record(new=task, tag=function.tag, created_at_ms=now.unix_ms, queued_at_ms=now.unix_ms)
    records.tasks[task.id] = record
    records.enter(record, now.steady)
    records.push(record, _due(record, task.delay_ms, now), head=False)
    records.ring(now.steady)
    return Submitted.NEW


@dataclass(frozen=True, slots=True)
class Claimer:
    """Who claims: a dispatcher, with the token and the time of its leases."""

    owner: str
    token: str
    lease_ms: int


def claim(records: Records, claimer: Claimer, tag: str, now: Moment) -> Leased | None:
    """Lease the next task of an environment that may be claimed; None if there is none."""
    record = records.pop_ready(tag)
    if record is None:
        return None
    _step(record, TaskEvent.CLAIM)
    record.attempt = Attempt(record.new.id, record.number + 1, claimer.token)
    record.owner = claimer.owner
    record.ended_by = None
    record.reason = ""
    records.lease(record, now.steady + claimer.lease_ms)
    return leased(record, record.attempt, record.new.payload)


def next_due_ms(records: Records, now: Moment) -> int | None:
    """Return in how many ms the next delayed task is due; None if there is none."""
    record = records.next_delayed()
    return None if record is None or record.due is None else ceil(record.due - now.steady)


def start(records: Records, attempt: Attempt, now: Moment) -> Written:
    """Note that an attempt has begun."""
    record, answer = _fenced(records, attempt, TaskEvent.START)
    if record is not None:
        _step(record, TaskEvent.START)
        if record.started_at_ms is None:
            record.started_at_ms = now.unix_ms
    return answer


def renew(records: Records, attempt: Attempt, lease_ms: int, now: Moment) -> Record | None:
    """Extend a lease; None if the attempt is no longer valid."""
    record, _ = _fenced(records, attempt, TaskEvent.RENEW)
    if record is not None:
        _step(record, TaskEvent.RENEW)
        records.lease(record, now.steady + lease_ms)
    return record


def complete(records: Records, completion: Completion, now: Moment) -> Written:
    """Record a result."""
    record, answer = _fenced(records, completion.attempt, TaskEvent.COMPLETE)
    if record is not None:
        _date_start(record, completion.success.run_ms, now)
        record.worker = completion.worker
        record.ended_by = TaskEvent.COMPLETE
        _end(records, record, TaskEvent.COMPLETE, completion.success, now)
    return answer


def fail(records: Records, defeat: Defeat, heads: list[Record], now: Moment) -> Written:
    """Record a failure, or queue the task again; one for a head is added to ``heads``."""
    record, answer = _fenced(records, defeat.attempt, TaskEvent.FAIL)
    if record is None:
        return answer
    record.ended_by = TaskEvent.FAIL
    if defeat.requeue is None:
        if defeat.failure.run_ms > 0:
            _date_start(record, defeat.failure.run_ms, now)
        record.worker = defeat.worker
        _end(records, record, TaskEvent.FAIL, defeat.failure, now)
        return answer
    charge = defeat.requeue.charge
    record.spent = _charged(record.spent, charge)
    _back(records, record, TaskEvent.REQUEUE, now)
    due = _due(record, defeat.requeue.delay_ms, now)
    if due is None and charge in (Charge.NOTHING, Charge.LOSS):
        heads.append(record)
    else:
        records.push(record, due, head=False)
    return answer


def release(
    records: Records, attempt: Attempt, delay_ms: int, reason: str, heads: list[Record], now: Moment
) -> Written:
    """Hand back a task that did not run; one for a head is added to ``heads``."""
    record, answer = _fenced(records, attempt, TaskEvent.RELEASE)
    if record is None:
        return answer
    record.ended_by = TaskEvent.RELEASE
    record.reason = reason
    _back(records, record, TaskEvent.RELEASE, now)
    due = _due(record, delay_ms, now)
    if due is None:
        heads.append(record)
    else:
        records.push(record, due, head=False)
    return answer


def reap(records: Records, heads: list[Record], now: Moment) -> Reaped | None:
    """Take one expired lease away; None if there is none."""
    record = records.pop_expired(now.steady)
    if record is None or record.attempt is None:
        return None
    started = record.started_at_ms is not None
    if started and record.spent.losses >= record.new.budget.worker_losses:
        _end(records, record, TaskEvent.FAIL, _lost(record), now)
        return Reaped(record.attempt, failed=True)
    if started:
        record.spent = _charged(record.spent, Charge.LOSS)
    _back(records, record, TaskEvent.REQUEUE, now)
    heads.append(record)
    return Reaped(record.attempt, failed=False)


def expire(records: Records, now: Moment) -> list[TaskId]:
    """End the QUEUED tasks that are not to be started any more; return them."""
    ended: list[TaskId] = []
    while (record := records.pop_mortal(now.unix_ms)) is not None:
        record.ended_by = None
        _end(records, record, TaskEvent.EXPIRE, _expired(record), now)
        ended.append(record.new.id)
    return ended


def cancel(records: Records, task_id: TaskId, now: Moment) -> Cancelled:
    """End a task as CANCELLED and leave a note for the owner of a running one."""
    record = records.tasks.get(task_id)
    if record is None:
        return Cancelled.GONE
    if record.status.is_terminal:
        return Cancelled.TOO_LATE
    running = record.status is TaskStatus.RUNNING
    if running:
        records.inboxes.setdefault(record.owner, []).append(task_id)
    else:
        records.withdraw(record)
    record.ended_by = None  # whatever its last attempt did, this is another end
    _end(records, record, TaskEvent.CANCEL, _cancelled(record), now)
    return Cancelled.STOPPING if running else Cancelled.PREVENTED


def push_heads(records: Records, heads: list[Record]) -> None:
    """Put tasks at the heads of their queues so that the first of them comes first."""
    for record in reversed(heads):
        records.push(record, None, head=True)


def leased(record: Record, attempt: Attempt, payload: bytes) -> Leased:
    """Return a task as ``claim`` and ``adopt`` answer it."""
    new = record.new
    return Leased(attempt, new.function_id, payload, new.priority, new.budget, record.spent)


def _step(record: Record, event: TaskEvent) -> None:
    record.status = next_status(record.status, event, record.new.id)


def _fenced(records: Records, attempt: Attempt, verb: TaskEvent) -> tuple[Record | None, Written]:
    """Return the record that this attempt may write to, and what to answer in any case."""
    record = records.tasks.get(attempt.task_id)
    if record is None:
        return None, Written.GONE
    if record.attempt != attempt:
        return None, Written.STALE
    if record.status is TaskStatus.RUNNING:
        return record, Written.RECORDED
    return None, Written.DUPLICATE if record.ended_by is verb else Written.STALE


def _due(record: Record, delay_ms: int, now: Moment) -> float | None:
    record.due_at_ms = now.unix_ms + delay_ms
    return now.steady + delay_ms if delay_ms > 0 else None


def _date_start(record: Record, run_ms: float, now: Moment) -> None:
    """Date the start of an attempt that ended before its start was noted."""
    if record.started_at_ms is None:
        ran = int(run_ms) if isfinite(run_ms) and run_ms > 0 else 0
        record.started_at_ms = max(record.created_at_ms, now.unix_ms - ran)


def _end(records: Records, record: Record, event: TaskEvent, outcome: Outcome, now: Moment) -> None:
    _step(record, event)
    record.outcome = outcome
    record.finished_at_ms = now.unix_ms
    record.reason = ""
    record.new = record.new._replace(payload=b"")  # nobody can claim it any more
    records.ended.append((now.steady, record.new.id))
    records.leave(record, now.steady)


def _back(records: Records, record: Record, event: TaskEvent, now: Moment) -> None:
    _step(record, event)
    record.started_at_ms = None
    record.queued_at_ms = now.unix_ms
    records.ring(now.steady)


def _charged(spent: Spent, charge: Charge) -> Spent:
    match charge:
        case Charge.RETRY:
            return spent._replace(retries=spent.retries + 1)
        case Charge.STRIKE:
            return spent._replace(strikes=spent.strikes + 1)
        case Charge.LOSS:
            return spent._replace(losses=spent.losses + 1)
        case Charge.NOTHING:
            return spent


def _lost(record: Record) -> Failure:
    text = "the worker that ran this task was lost, and no further try is left"
    return Failure(Cause.WORKER_LOST, "WorkerLost", text, attempt=record.number)


def _expired(record: Record) -> Failure:
    text = "the task was not started in time"
    return Failure(Cause.EXPIRED, "Expired", text, attempt=record.number)


def _cancelled(record: Record) -> Failure:
    return Failure(Cause.CANCELLED, "Cancelled", "the task was cancelled", attempt=record.number)
