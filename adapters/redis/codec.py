"""How the domain's values become the items that the scripts take and answer, and back.

Each ``..._items`` gives what a script takes for one item of a batch, in the order that the script
documents. Payloads are stored as they are and never opened. What another version wrote and this
one cannot read raises StoreIncompatible.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from ...domain.errors import StoreIncompatible
from ...domain.function import Environment, Function
from ...domain.identifiers import Attempt, FunctionId, TaskId
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
from ...domain.task import Budget, NewTask, Outcome, Spent, Task, TaskStatus
from . import evidence
from .framing import unframe

Items = Sequence[bytes]
"""What a script takes or answers about one or more tasks."""

LEASED, ADOPTED, REAPED, SHOWN, WITH_OUTCOME, FUNCTION = 5, 2, 3, 8, 10, 7
"""How many items claim, adopt, reap, get, outcomes and fetch answer for each."""

WRITTEN = dict(zip(b"RDSG", Written, strict=True))
SUBMITTED = dict(zip(b"NEUFC", Submitted, strict=True))
CANCELLED = dict(zip(b"PSTG", Cancelled, strict=True))
"""What the letters mean that the scripts answer, in the order of the enumerations."""

STATUS = {
    ord("Q"): TaskStatus.QUEUED,
    ord("D"): TaskStatus.QUEUED,
    ord("R"): TaskStatus.RUNNING,
    ord("C"): TaskStatus.COMPLETED,
    ord("F"): TaskStatus.FAILED,
    ord("P"): TaskStatus.FAILED,
    ord("X"): TaskStatus.CANCELLED,
    ord("E"): TaskStatus.EXPIRED,
}
_NOTHING_SPENT = Spent()


def text(value: str) -> bytes:
    """Return UTF-8; what is no Unicode (half a surrogate pair) becomes a question mark."""
    return value.encode("utf-8", "replace")


def fence(attempt: Attempt) -> bytes:
    """Return an attempt's number and token as the store compares them."""
    return text(f"{attempt.number} {attempt.token}")


def attempt_items(attempt: Attempt) -> Items:
    """Return what start, renew, adopt and release take for an attempt."""
    return attempt.task_id.encode(), fence(attempt)


def new_task_items(task: NewTask) -> Items:
    """Return what submit.lua takes for a task."""
    budget = task.budget
    timeout = "" if budget.timeout_ms is None else budget.timeout_ms
    head = (
        f"{task.priority} {budget.worker_losses} {task.function_id}"
        f" {budget.retries},{budget.redeliveries},{timeout}"
    )
    wish = task.idempotency
    known_by = "" if wish is None else f"{wish.digest} {wish.key}"
    delay = b"%d" % max(0, task.delay_ms)
    return task.id.encode(), head.encode(), task.payload, delay, known_by.encode()


def submitted(answer: bytes) -> list[Submitted | Repeated]:
    """Return what submit.lua answers: a letter for each task, then the ids of repeated ones."""
    letters, *ids = answer.split(b" ")
    first = iter(ids)
    return [
        Repeated(TaskId(next(first).decode())) if letter == ord("R") else SUBMITTED[letter]
        for letter in letters
    ]


def written(letters: bytes) -> list[Written]:
    """Return what the letters of a fenced write mean."""
    return [WRITTEN[letter] for letter in letters]


def cancelled(letters: bytes) -> list[Cancelled]:
    """Return what the letters of cancel.lua mean."""
    return [CANCELLED[letter] for letter in letters]


def completion_items(completion: Completion) -> Items:
    """Return what complete.lua takes for a completion."""
    success = completion.success
    return (
        completion.attempt.task_id.encode(),
        fence(completion.attempt),
        text(f"{_whole_ms(success.run_ms)} {completion.worker}"),
        evidence.of_success(success),
        success.result,
    )


def defeat_items(defeat: Defeat) -> Items:
    """Return what fail.lua takes for a defeat; an attempt without a run time never ran."""
    failure, requeue = defeat.failure, defeat.requeue
    final = requeue is None
    return (
        defeat.attempt.task_id.encode(),
        fence(defeat.attempt),
        text(f"{_whole_ms(failure.run_ms) if failure.run_ms > 0 else -1} {defeat.worker}"),
        evidence.of_failure(failure) if final else b"",
        failure.exception if final else b"",
        b"" if requeue is None else requeue.charge.encode(),
        b"0" if requeue is None else b"%d" % max(0, requeue.delay_ms),
    )


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one call of claim.lua answers: tasks with their environments' tags, and what is left."""

    tasks: list[tuple[Leased, str]]
    next_due_ms: int | None
    left: set[str]
    elsewhere: set[str]


def claimed(token: str, items: Items) -> Claimed:
    """Return what claim.lua answers."""
    tasks = [_claimed(token, items[at : at + LEASED]) for at in range(3, len(items), LEASED)]
    next_due_ms = int(items[0]) if items[0] else None
    left, elsewhere = (set(item.decode().split()) for item in items[1:3])
    return Claimed(tasks, next_due_ms, left, elsewhere)


def _claimed(token: str, items: Items) -> tuple[Leased, str]:
    task_id, number, head, payload, spent = items
    try:
        attempt = Attempt(TaskId(task_id.decode()), int(number), token)
        return _leased(attempt, head, payload, spent), head[head.rindex(b" ") + 1 :].decode()
    except ValueError as error:
        raise unreadable("task", task_id.decode("utf-8", "replace")) from error


def adopted(attempt: Attempt, items: Items) -> Leased | None:
    """Return what adopt.lua answers about an attempt."""
    head, spent = items
    try:
        return _leased(attempt, head, b"", spent) if head else None
    except ValueError as error:
        raise unreadable("task", attempt.task_id) from error


def _leased(attempt: Attempt, head: bytes, payload: bytes, spent: bytes) -> Leased:
    priority, function_id, budget = _head(head)
    return Leased(attempt, function_id, payload, priority, budget, _spent(spent))


def reaped(items: Items) -> Reaped:
    """Return what reap.lua answers about a task."""
    task_id, held, failed = items
    try:
        number, token = held.decode().split(" ", 1)
        attempt = Attempt(TaskId(task_id.decode()), int(number), token)
    except ValueError as error:
        raise unreadable("task", task_id.decode("utf-8", "replace")) from error
    return Reaped(attempt, failed=failed == b"1")


def task(task_id: TaskId, items: Items) -> Task | None:
    """Return a task from what get.lua answers; None if there is none."""
    state, head, held, spent, created, started, end, reason = items[:SHOWN]
    if not state:
        return None
    try:
        priority, function_id, budget = _head(head)
        created_at_ms = int(created)
        started_at_ms, finished_at_ms, worker = _times(created_at_ms, started, end)
        return Task(
            id=task_id,
            function_id=function_id,
            status=STATUS[state[0]],
            attempt=int(held.partition(b" ")[0] or 0),
            priority=priority,
            budget=budget,
            spent=_spent(spent),
            created_at_ms=created_at_ms,
            started_at_ms=started_at_ms,
            finished_at_ms=finished_at_ms,
            worker=worker,
            reason=reason.decode(),
        )
    except (ValueError, KeyError) as error:
        raise unreadable("task", task_id) from error


def task_and_outcome(task_id: TaskId, items: Items) -> tuple[Task, Outcome | None] | None:
    """Return a task and its outcome from what outcomes.lua answers."""
    shown = task(task_id, items)
    if shown is None:
        return None
    try:
        return shown, evidence.outcome(shown.status, shown.attempt, items[SHOWN], items[SHOWN + 1])
    except evidence.UNREADABLE as error:
        raise unreadable("outcome of task", task_id) from error


def function_items(function: Function) -> Items:
    """Return what put.lua takes for a function."""
    environment = function.environment
    return (
        function.id.encode(),
        text(function.name),
        function.payload,
        function.digest.encode(),
        text(environment.implementation),
        b"%d.%d" % environment.python,
        text(environment.dill),
        b"%d" % function.created_at_ms,
    )


def function(function_id: FunctionId, items: Items) -> Function | None:
    """Return a function from what fetch.lua answers; None if there is none."""
    name, payload, digest, implementation, python, dill, created = items
    if not digest:
        return None
    try:
        major, minor = python.split(b".")
        version = int(major), int(minor)
        return Function(
            id=function_id,
            name=name.decode(),
            payload=payload,
            digest=digest.decode(),
            environment=Environment(implementation.decode(), version, dill.decode()),
            created_at_ms=int(created),
        )
    except ValueError as error:
        raise unreadable("function", function_id) from error


def rows(blob: bytes, width: int) -> list[Items]:
    """Return a framed answer as one row of ``width`` items for each task or function."""
    items = unframe(blob)
    return [items[at : at + width] for at in range(0, len(items), width)]


def unreadable(kind: str, identifier: str) -> StoreIncompatible:
    """Return the error for what another version must have written."""
    return StoreIncompatible(f"the store holds a {kind} {identifier} that this version cannot read")


def _whole_ms(run_ms: float) -> int:
    """Return a run time that came from outside as whole milliseconds, never negative."""
    return int(run_ms) if isfinite(run_ms) and run_ms > 0 else 0


def _head(item: bytes) -> tuple[int, FunctionId, Budget]:
    """Return priority, function and budget of a task."""
    priority, _, function_id, budget, _ = item.decode().split(" ")
    retries, redeliveries, timeout = budget.split(",")
    return (
        int(priority),
        FunctionId(function_id),
        Budget(int(retries), int(redeliveries), int(timeout) if timeout else None),
    )


def _times(created: int, started: bytes, end: bytes) -> tuple[int | None, int | None, str]:
    """Return when a task started and finished, and the worker that ended it.

    An attempt that ended before its start was noted is dated back by the time that it ran.
    """
    start = int(started) if started else None
    if not end:
        return start, None, ""
    finished, ran, worker = end.split(b" ", 2)
    if start is None and int(ran) >= 0:
        start = max(created, int(finished) - int(ran))
    return start, int(finished), worker.decode()


def _spent(item: bytes) -> Spent:
    if not item:
        return _NOTHING_SPENT
    retries, strikes, losses = item.split()
    return Spent(int(retries), int(strikes), int(losses))
