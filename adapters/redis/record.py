"""A task's string, as the scripts write it (``lua/shared/tasks.lua`` has its form), and its words.

Reading one is the hot half of every look at a task, so heads that many tasks share are read once.
What another version wrote and this one cannot read raises StoreIncompatible.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from urllib.parse import quote, unquote

from ...domain.errors import StoreIncompatible
from ...domain.identifiers import Attempt, FunctionId, TaskId
from ...domain.ports import End, Ending, Leased
from ...domain.task import Backoff, Budget, Outcome, Spent, Task, TaskStatus
from . import evidence

INLINE_BYTES = 2048
"""Payloads and results of up to so many bytes are in their task's string."""

KNOWN_HEADS = 4096

_STATUS = {
    "Q": TaskStatus.QUEUED,
    "D": TaskStatus.QUEUED,
    "R": TaskStatus.RUNNING,
    "C": TaskStatus.COMPLETED,
    "F": TaskStatus.FAILED,
    "P": TaskStatus.FAILED,
    "X": TaskStatus.CANCELLED,
    "E": TaskStatus.EXPIRED,
}
_LONG, _SHORT = b"x", b"i"
_may_be_long = re.compile(b"\n" + _LONG).search
"""What rules most records out, in a third of the time of a look at where the body begins."""


def text(value: str) -> bytes:
    """Return UTF-8; what is no Unicode (half a surrogate pair) becomes a question mark."""
    return value.encode("utf-8", "replace")


@lru_cache(KNOWN_HEADS)
def word(value: str) -> str:
    """Return a text as one word of a record: "-" for none, spaces and the like as %20."""
    if value.isalnum() and value.isascii():
        return value
    return "%2D" if value == "-" else quote(value, safe="", errors="replace") or "-"


def unword(value: str) -> str:
    """Return the text that was made a word."""
    if value == "-":
        return ""
    return unquote(value) if "%" in value else value


def budget_word(budget: Budget) -> str:
    """Return a budget as a word; its back-off only where it is not the ordinary one."""
    timeout = "" if budget.timeout_ms is None else str(budget.timeout_ms)
    tries = [str(budget.retries), str(budget.redeliveries), timeout]
    return ",".join(tries if budget.backoff == Backoff() else [*tries, *map(str, budget.backoff)])


def options_word(tags: tuple[str, ...], expires_at_ms: int, result_ttl_ms: int) -> str:
    """Return when a task expires (nothing: never), its tags and its result's time as a word."""
    if not tags and expires_at_ms <= 0 and result_ttl_ms <= 0:
        return "-"
    ttl = f";{result_ttl_ms}" if result_ttl_ms > 0 else ""
    return f"{max(0, expires_at_ms) or ''};{','.join(map(word, tags))}{ttl}"


def waiting(payload: bytes) -> tuple[bytes, bytes]:
    """Return the body of a task that waits, and its payload if that is a long one."""
    if len(payload) > INLINE_BYTES:
        return b"p%d" % len(payload), payload
    return _SHORT + payload, b""


def is_long(record: bytes) -> bool:
    """Return whether a task has ended with a result or exception that has a key of its own."""
    if _may_be_long(record) is None:
        return False
    line = record.find(b"\n")
    return line > 0 and record.startswith(_LONG, record.find(b"\n", line + 1) + 1)


def apart_bytes(record: bytes) -> int:
    """Return how many bytes it has, of a record that ``is_long`` says; 0 where that is damaged.

    It is for how much is read at once: what is told has the length that is found.
    """
    body = record.index(b"\n", record.index(b"\n") + 1) + 1
    size = record[body + 1 :].partition(b":")[0].partition(b",")[2]
    return int(size) if size.isdigit() else 0


def ending(told: bytes, result: bytes) -> tuple[bytes, bytes]:
    """Return the body of an ended task from its evidence, and its result if that is a long one."""
    if len(result) > INLINE_BYTES:
        return b"%b%d,%d:%b" % (_LONG, len(told), len(result), told), result
    return b"%b%d:%b%b" % (_SHORT, len(told), told, result), b""


@dataclass(frozen=True, slots=True)
class _Told:
    """What is spent, and the head of a task."""

    spent: Spent
    priority: int
    function_id: FunctionId
    budget: Budget
    tag: str
    tags: tuple[str, ...]
    expires_at_ms: int
    result_ttl_ms: int


@lru_cache(KNOWN_HEADS)
def _told(item: bytes) -> _Told:
    spent, priority, _, function_id, budget, options, tag = item.decode().split(" ")
    retries, strikes, losses = spent.split(",")
    expires, tags, *rest = ["", ""] if options == "-" else options.split(";")
    return _Told(
        Spent(int(retries), int(strikes), int(losses)),
        int(priority),
        FunctionId(function_id),
        _budget(budget),
        tag,
        tuple(map(unword, tags.split(","))) if tags else (),
        int(expires or 0),
        int(rest[0]) if rest and rest[0].isdecimal() else 0,
    )


def _budget(written: str) -> Budget:
    retries, redeliveries, timeout, *backoff = written.split(",")
    tries = int(retries), int(redeliveries), int(timeout) if timeout else None
    if not backoff:
        return Budget(*tries)
    initial, factor, most, jitter = backoff
    return Budget(*tries, Backoff(int(initial), float(factor), int(most), float(jitter)))


def leased(attempt: Attempt, item: bytes, payload: bytes) -> tuple[Leased, str]:
    """Return a task as claim.lua and adopt.lua tell of it, and its environment's tag."""
    try:
        told = _told(item)
    except ValueError as error:
        raise unreadable("task", attempt.task_id) from error
    found = Leased(attempt, told.function_id, payload, told.priority, told.budget, told.spent)
    return found, told.tag


def task(task_id: TaskId, record: bytes) -> Task | None:
    """Return a task as it stands; None for an empty record: there is no such task."""
    return _read(task_id, record) if record else None


def task_and_outcome(
    task_id: TaskId, record: bytes, longs: Iterator[bytes | None]
) -> tuple[Task, Outcome | None] | None:
    """Return a task and its outcome, if it has ended and as long as that is kept.

    None if the task is forgotten. Takes the next of ``longs`` for a result that has a key of its
    own: None where that is forgotten.
    """
    if not record:
        return None
    shown = _read(task_id, record)
    if not shown.status.is_terminal:
        return shown, None
    body = record.index(b"\n", record.index(b"\n") + 1) + 1
    return shown, _outcome(task_id, shown.status, shown.attempt, record, body, longs)


def task_and_evidence(task_id: TaskId, record: bytes) -> tuple[Task, Outcome | None]:
    """Return a task and its outcome, in which a result may be missing that has a key of its own."""
    found = task_and_outcome(task_id, record, repeat(b""))
    if found is None:
        raise unreadable("task", task_id)
    return found


def end(task_id: TaskId, record: bytes) -> End | None:
    """Return how a task ended; None for an empty record, and for one that is tried again.

    For a record that has its result in it, or none.
    """
    ended = batch_ending(task_id, 0, record, iter(()))
    if ended.status is None or ended.outcome is None:
        return None
    return End(ended.status, ended.outcome)


def batch_ending(
    task_id: TaskId, position: int, record: bytes, longs: Iterator[bytes | None]
) -> Ending:
    """Return how a task of a batch ended; only what is asked for is read of its record.

    Takes of ``longs`` as ``task_and_outcome`` does.
    """
    if not record:
        return Ending(position, None, None)
    try:
        body = record.index(b"\n", record.index(b"\n") + 1) + 1
        status = _STATUS[record[:1].decode()]
        if not status.is_terminal:  # it failed, and is tried again
            return Ending(position, status, None)
        # which attempt it was is told of failures only
        attempt = 0 if status is TaskStatus.COMPLETED else int(record.split(b" ", 2)[1])
        found = _outcome(task_id, status, attempt, record, body, longs)
    except (ValueError, KeyError) as error:
        raise unreadable("task", task_id) from error
    return Ending(position, None if found is None else status, found)


def unreadable(kind: str, identifier: str) -> StoreIncompatible:
    """Return the error for what another version must have written."""
    return StoreIncompatible(f"the store holds a {kind} {identifier} that this version cannot read")


def _read(task_id: TaskId, record: bytes) -> Task:
    try:
        head, line, _ = record.split(b"\n", 2)
        state, number, _, _, started, created, rest = head.decode().split(" ", 6)
        told = _told(rest.encode())
        status = _STATUS[state[0]]
        start = None if started == "-" else int(started)
        finished = due = None
        worker = reason = ""
        words = line.decode().split(" ") if line else []
        if status.is_terminal:
            end, ran, name, *queued = words
            finished, worker = int(end), unword(name)
            if start is None and int(ran) >= 0:
                # it ended before its start was noted: dated back by the time that it ran
                start = max(int(created), finished - int(ran))
        else:
            queued = words[2:]
            reason = unword(words[0]) if words else ""
            due = int(words[1]) if state[0] == "D" else None
            worker = unword(words[3]) if len(words) > 3 else ""  # noqa: PLR2004
        shown = Task(
            id=task_id,
            function_id=told.function_id,
            status=status,
            attempt=int(number),
            priority=told.priority,
            budget=told.budget,
            spent=told.spent,
            created_at_ms=int(created),
            queued_at_ms=int(queued[0] if queued else created),
            due_at_ms=due,
            started_at_ms=start,
            finished_at_ms=finished,
            worker=worker,
            reason=reason,
            tags=told.tags,
            expires_at_ms=told.expires_at_ms,
            result_ttl_ms=told.result_ttl_ms,
        )
    except (ValueError, KeyError, IndexError) as error:
        raise unreadable("task", task_id) from error
    return shown


def _outcome(
    task_id: TaskId,
    status: TaskStatus,
    attempt: int,
    record: bytes,
    body: int,
    longs: Iterator[bytes | None],
) -> Outcome | None:
    """Return an outcome, told from place ``body`` of a record on.

    None where a result that has a key of its own is forgotten already.
    """
    try:
        colon = record.index(b":", body)
        end = colon + 1 + int(record[body + 1 : colon].partition(b",")[0])
        if record[body : body + 1] == _LONG:
            kept = next(longs)
            if kept is None:
                return None
            result = kept
        else:
            result = record[end:]
        return evidence.outcome(status, attempt, record[colon + 1 : end], result)
    except (ValueError, StopIteration, *evidence.UNREADABLE) as error:
        raise unreadable("outcome of task", task_id) from error
