"""How the domain's values become the store's fields, and back.

Each ``..._words`` gives what a script takes for one item of a batch, in the order that the script
documents. Payloads are stored as they are and never opened. What another version wrote and this
one cannot read raises StoreIncompatible.
"""

from collections.abc import Sequence
from math import isfinite
from typing import Any

import msgspec

from ...domain.errors import StoreIncompatible
from ...domain.function import Environment, Function
from ...domain.identifiers import Attempt, FunctionId, TaskId
from ...domain.ports import Completion, Defeat, Leased, Reaped
from ...domain.task import (
    Budget,
    NewTask,
    Outcome,
    Spent,
    Task,
    TaskStatus,
)
from . import evidence
from .keys import SHOWN

Row = Sequence[Any]
"""What a script answers about one task: bytes, or None for a field that is not there."""

_STATUS = {
    b"Q": TaskStatus.QUEUED,
    b"D": TaskStatus.QUEUED,
    b"R": TaskStatus.RUNNING,
    b"C": TaskStatus.COMPLETED,
    b"F": TaskStatus.FAILED,
    b"X": TaskStatus.CANCELLED,
    b"E": TaskStatus.EXPIRED,
}


def text(value: str) -> bytes:
    """Return UTF-8; what is no Unicode (half a surrogate pair) becomes a question mark."""
    return value.encode("utf-8", "replace")


def ran_ms(run_ms: float) -> int:
    """Return a run time that came from outside as whole milliseconds, never negative."""
    return int(run_ms) if isfinite(run_ms) and run_ms > 0 else 0


def budget_text(budget: Budget) -> str:
    """Return a budget as one field."""
    timeout = "" if budget.timeout_ms is None else str(budget.timeout_ms)
    return f"{budget.retries},{budget.redeliveries},{timeout}"


def new_task_words(task: NewTask) -> tuple[str | bytes | int, ...]:
    """Return what submit.lua takes for a task."""
    return (
        task.id,
        task.function_id,
        task.payload,
        task.priority,
        max(0, task.delay_ms),
        budget_text(task.budget),
        task.budget.worker_losses,
    )


def claimed(token: str, answer: Row) -> list[Leased]:
    """Return the tasks that claim.lua answers."""
    return [
        Leased(
            Attempt(TaskId(answer[at].decode()), int(answer[at + 1]), token),
            FunctionId(answer[at + 2].decode()),
            answer[at + 3],
            int(answer[at + 8]),
            budget(answer[at + 4]),
            spent(answer[at + 5 : at + 8]),
        )
        for at in range(1, len(answer), 9)
    ]


def adopted(attempt: Attempt, row: Row | None) -> Leased | None:
    """Return what adopt.lua answers about an attempt."""
    if row is None:
        return None
    function_id = FunctionId(row[0].decode())
    return Leased(attempt, function_id, b"", int(row[5]), budget(row[1]), spent(row[2:5]))


def reaped(answer: Row) -> list[Reaped]:
    """Return what reap.lua answers."""
    return [
        Reaped(
            Attempt(TaskId(answer[at].decode()), int(answer[at + 1]), answer[at + 2].decode()),
            failed=answer[at + 3] == 1,
        )
        for at in range(0, len(answer), 4)
    ]


def completion_words(completion: Completion) -> tuple[str | bytes | int, ...]:
    """Return what complete.lua takes for a completion."""
    attempt, success = completion.attempt, completion.success
    return (
        attempt.task_id,
        attempt.number,
        attempt.token,
        completion.worker,
        ran_ms(success.run_ms),
        evidence.of_success(success),
        success.result,
    )


def defeat_words(defeat: Defeat) -> tuple[str | bytes | int, ...]:
    """Return what fail.lua takes for a defeat; an attempt without a run time never ran."""
    attempt, failure, requeue = defeat.attempt, defeat.failure, defeat.requeue
    return (
        attempt.task_id,
        attempt.number,
        attempt.token,
        defeat.worker,
        ran_ms(failure.run_ms) if failure.run_ms > 0 else -1,
        evidence.of_failure(failure) if requeue is None else b"",
        failure.exception if requeue is None else b"",
        "" if requeue is None else requeue.charge.value,
        0 if requeue is None else max(0, requeue.delay_ms),
    )


def budget(field: bytes) -> Budget:
    """Return the budget that a field holds."""
    retries, redeliveries, timeout = field.split(b",")
    return Budget(int(retries), int(redeliveries), int(timeout) if timeout else None)


def spent(row: Row) -> Spent:
    """Return what is spent: retries, strikes, losses."""
    if row[0] is row[1] is row[2] is None:
        return _NOTHING_SPENT
    return Spent(int(row[0] or 0), int(row[1] or 0), int(row[2] or 0))


_NOTHING_SPENT = Spent()


def task(task_id: TaskId, row: Row) -> Task | None:
    """Return a task from the fields of keys.SHOWN; None if there is none."""
    if row[0] is None:
        return None
    try:
        return Task(
            id=task_id,
            function_id=FunctionId(row[1].decode()),
            status=_STATUS[row[0]],
            attempt=int(row[2]),
            priority=int(row[3]),
            budget=budget(row[4]),
            spent=spent(row[5:8]),
            created_at_ms=int(row[8]),
            started_at_ms=int(row[9]) if row[9] else None,
            finished_at_ms=int(row[10]) if row[10] else None,
            worker=(row[11] or b"").decode(),
            reason=(row[12] or b"").decode(),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable("task", task_id) from error


def task_and_outcome(task_id: TaskId, row: Row) -> tuple[Task, Outcome | None] | None:
    """Return a task and its outcome from what outcomes.lua answers."""
    shown = task(task_id, row)
    if shown is None:
        return None
    try:
        return shown, evidence.outcome(shown, row[SHOWN], row[SHOWN + 1] or b"")
    except msgspec.MsgspecError as error:
        raise _unreadable("outcome of task", task_id) from error


def function_words(function: Function) -> tuple[str | bytes | int, ...]:
    """Return what put.lua takes for a function."""
    major, minor = function.environment.python
    return (
        function.id,
        text(function.name),
        function.payload,
        function.digest,
        text(function.environment.implementation),
        f"{major}.{minor}",
        text(function.environment.dill),
        function.created_at_ms,
    )


def function(function_id: FunctionId, row: Row) -> Function | None:
    """Return a function from what fetch.lua answers; None if there is none."""
    name, payload, digest, implementation, python, dill, created = row
    if name is None:
        return None
    try:
        major, minor = python.split(b".")
        return Function(
            id=function_id,
            name=name.decode(),
            payload=payload,
            digest=digest.decode(),
            environment=Environment(
                implementation.decode(), (int(major), int(minor)), dill.decode()
            ),
            created_at_ms=int(created),
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise _unreadable("function", function_id) from error


def _unreadable(kind: str, identifier: str) -> StoreIncompatible:
    return StoreIncompatible(f"the store holds a {kind} {identifier} that this version cannot read")
