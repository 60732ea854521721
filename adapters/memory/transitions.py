"""One task, one step: what each verb of the store does to the records in memory.

Every function takes the records, one item of a batch and the moment, changes the records at once
and answers with a value of the port. Whether a step is legal is asked of the domain's table, in
``step`` and nowhere else. Nothing here wakes anybody: the store does, after the batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from ...domain.attempts import ATTEMPTS_KEPT, AttemptEnd, all_attempts
from ...domain.function import family_of
from ...domain.identifiers import Attempt, TaskId, WorkerId
from ...domain.policy import Charge
from ...domain.ports import (
    Cancelled,
    Completion,
    Defeat,
    Leased,
    Reaped,
    Repeated,
    Retried,
    Submitted,
    Written,
)
from ...domain.task import (
    PRIORITIES,
    TRANSITIONS,
    NewTask,
    Spent,
    TaskEvent,
    TaskStatus,
)
from . import steps
from .kept import KnownKey
from .record import Record
from .records import Records
from .steps import Moment


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
    records.tallies.came(task.priority, now.unix_ms)
    steps.note(records, record, now)
    records.push(record, steps.due(record, task.delay_ms, now), head=False)
    return Submitted.NEW


@dataclass(frozen=True, slots=True)
class Claimer:
    """Who claims: a dispatcher, with the token and the time of its leases."""

    owner: str
    token: str
    lease_ms: int


def claim(
    records: Records, claimer: Claimer, wants: Mapping[str, int], now: Moment
) -> list[Leased]:
    """Lease tasks that may be claimed, in the order that the port says.

    What a family gets, its environments do not: it is the same room.
    """
    rooms = dict(wants)
    tasks: list[Leased] = []
    for priority in PRIORITIES:
        for tag in records.fronts(priority, wants):
            family = family_of(tag)
            taken = records.pop_ready(tag, priority, min(rooms[tag], rooms.get(family, rooms[tag])))
            for each in {tag, family} & rooms.keys():
                rooms[each] -= len(taken)
            tasks.extend(lease(records, record, claimer, now) for record in taken)
    return tasks


def lease(records: Records, record: Record, claimer: Claimer, now: Moment) -> Leased:
    """Lease a task that was taken out of its queue."""
    steps.step(record, TaskEvent.CLAIM)
    record.attempt = Attempt(record.new.id, record.number + 1, claimer.token)
    record.owner = claimer.owner
    record.ended_by = None
    record.reason = ""
    records.tallies.claimed(record.new.priority, now.unix_ms)
    steps.note(records, record, now)
    records.lease(record, now.steady + claimer.lease_ms)
    return leased(record, record.attempt, record.new.payload)


def next_due_ms(records: Records, now: Moment) -> int | None:
    """Return in how many ms the next delayed task is due, or one may have to be taken back.

    None if there is none.
    """
    record = records.next_delayed()
    dues = [*records.fetch_by.values(), *([] if record is None else [record.due or 0.0])]
    return ceil(min(dues) - now.steady) if dues else None


def start(records: Records, attempt: Attempt, worker: WorkerId, now: Moment) -> Written:
    """Note that an attempt has begun, and who runs it where that is known."""
    record, answer = steps.fenced(records, attempt, TaskEvent.START)
    if record is not None:
        steps.step(record, TaskEvent.START)
        if record.started_at_ms is None:
            record.started_at_ms = now.unix_ms
        record.worker = worker or record.worker
    return answer


def renew(records: Records, attempt: Attempt, lease_ms: int, now: Moment) -> Record | None:
    """Extend a lease; None if the attempt is no longer valid."""
    record, _ = steps.fenced(records, attempt, TaskEvent.RENEW)
    if record is not None:
        steps.step(record, TaskEvent.RENEW)
        records.lease(record, now.steady + lease_ms)
    return record


def complete(records: Records, completion: Completion, now: Moment) -> Written:
    """Record a result."""
    record, answer = steps.fenced(records, completion.attempt, TaskEvent.COMPLETE)
    if record is not None:
        steps.date_start(record, completion.success.run_ms, now)
        record.worker = completion.worker
        record.ended_by = TaskEvent.COMPLETE
        steps.end(records, record, TaskEvent.COMPLETE, completion.success, now)
        records.fading.ended(record, now.steady)
    return answer


def fail(records: Records, defeat: Defeat, heads: list[Record], now: Moment) -> Written:
    """Record a failure, or queue the task again; one for a head is added to ``heads``."""
    record, answer = steps.fenced(records, defeat.attempt, TaskEvent.FAIL)
    if record is None:
        return answer
    record.ended_by = TaskEvent.FAIL
    if defeat.requeue is None:
        if defeat.failure.run_ms > 0:
            steps.date_start(record, defeat.failure.run_ms, now)
        record.worker = defeat.worker
        steps.end(records, record, TaskEvent.FAIL, defeat.failure, now)
        records.fading.ended(record, now.steady)
        return answer
    charge = defeat.requeue.charge
    steps.remember(record, AttemptEnd.FAILED, defeat.worker, defeat.failure, now)
    record.spent = steps.charged(record.spent, charge)
    steps.back(records, record, TaskEvent.REQUEUE, now)
    until = steps.due(record, defeat.requeue.delay_ms, now)
    if until is None and charge in (Charge.NOTHING, Charge.LOSS):
        heads.append(record)
    else:
        records.push(record, until, head=False)
    return answer


def release(
    records: Records, attempt: Attempt, delay_ms: int, reason: str, heads: list[Record], now: Moment
) -> Written:
    """Hand back a task that did not run; one for a head is added to ``heads``."""
    record, answer = steps.fenced(records, attempt, TaskEvent.RELEASE)
    if record is None:
        return answer
    record.ended_by = TaskEvent.RELEASE
    record.reason = reason
    if record.started_at_ms is not None:
        steps.remember(record, AttemptEnd.RELEASED, record.worker, None, now)
    steps.back(records, record, TaskEvent.RELEASE, now)
    until = steps.due(record, delay_ms, now)
    if until is None:
        heads.append(record)
    else:
        records.push(record, until, head=False)
    return answer


def reap(records: Records, heads: list[Record], now: Moment) -> Reaped | None:
    """Take one expired lease away; None if there is none."""
    record = records.pop_expired(now.steady)
    if record is None or record.attempt is None:
        return None
    started = record.started_at_ms is not None
    if started and record.spent.losses >= record.new.budget.worker_losses:
        steps.end(records, record, TaskEvent.FAIL, steps.lost(record), now)
        return Reaped(record.attempt, failed=True)
    if started:
        record.spent = steps.charged(record.spent, Charge.LOSS)
        steps.remember(record, AttemptEnd.LOST, record.worker, None, now)
    steps.back(records, record, TaskEvent.REQUEUE, now)
    heads.append(record)
    return Reaped(record.attempt, failed=False)


def expire(records: Records, now: Moment) -> list[TaskId]:
    """End the QUEUED tasks that are not to be started any more; return them."""
    ended: list[TaskId] = []
    while (record := records.pop_mortal(now.unix_ms)) is not None:
        record.ended_by = None
        steps.end(records, record, TaskEvent.EXPIRE, steps.expired(record), now)
        ended.append(record.new.id)
    return ended


def retry(records: Records, task_id: TaskId, now: Moment) -> Retried:
    """Queue a task again that ended and did not complete, with all of its budget."""
    record = records.tasks.get(task_id)
    if record is None:
        return Retried.GONE
    if (record.status, TaskEvent.RETRY) not in TRANSITIONS:
        return Retried.NOT_FAILED
    past = all_attempts(record.past, record.shown(), record.outcome)[-ATTEMPTS_KEPT:]
    record.past = [e._replace(failure=None) if e.end is AttemptEnd.LOST else e for e in past]
    if record.new.expires_at_ms <= now.unix_ms:
        record.new = record.new._replace(expires_at_ms=0)
    record.stopped = False
    record.spent, record.outcome, record.ended_by = Spent(), None, None
    record.result_until, record.result_gone = 0.0, False
    record.finished_at_ms, record.worker, record.owner = None, "", ""
    records.revive(record, now.steady)
    steps.back(records, record, TaskEvent.RETRY, now)
    records.push(record, None, head=False)
    return Retried.QUEUED


def cancel(records: Records, task_id: TaskId, now: Moment) -> Cancelled:
    """End a task as CANCELLED and leave a note for the owner of a running one."""
    record = records.tasks.get(task_id)
    if record is None:
        return Cancelled.GONE
    if record.status is TaskStatus.CANCELLED:
        return Cancelled.STOPPING if record.stopped else Cancelled.PREVENTED
    if record.status.is_terminal:
        return Cancelled.TOO_LATE
    running = record.status is TaskStatus.RUNNING
    if running:
        records.inboxes.setdefault(record.owner, []).append(task_id)
    else:
        records.withdraw(record)
    record.stopped = running
    record.ended_by = None  # whatever its last attempt did, this is another end
    steps.end(records, record, TaskEvent.CANCEL, steps.cancelled(record), now)
    return Cancelled.STOPPING if running else Cancelled.PREVENTED


def push_heads(records: Records, heads: list[Record]) -> None:
    """Put tasks at the heads of their queues so that the first of them comes first."""
    for record in reversed(heads):
        records.push(record, None, head=True)


def leased(record: Record, attempt: Attempt, payload: bytes) -> Leased:
    """Return a task as ``claim`` and ``adopt`` answer it."""
    new = record.new
    return Leased(attempt, new.function_id, payload, new.priority, new.budget, record.spent)
