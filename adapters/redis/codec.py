"""How the domain's values become the items that the scripts take and answer, and back.

Each ``..._items`` gives what a script takes for one item of a batch, in the order that the script
documents. Payloads are stored as they are and never opened. Tasks' strings are read in
``record.py``; what another version wrote and this one cannot read raises StoreIncompatible.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import isfinite
from typing import NamedTuple

from ...domain.errors import StoreIncompatible
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
from ...domain.task import Budget, NewTask
from . import evidence, record
from .framing import unframe
from .record import unreadable, word

Items = Sequence[bytes]
"""What a script takes or answers about one or more tasks."""

LEASED, REAPED = 3, 3
"""How many items claim and reap answer for each."""

_CLAIMED = 3
"""How many items claim answers before those of the first task."""

WRITTEN = dict(zip(b"RDSG", Written, strict=True))
SUBMITTED = dict(zip(b"NEUFCD", Submitted, strict=True))
CANCELLED = dict(zip(b"PSTG", Cancelled, strict=True))
"""What the letters mean that the scripts answer, in the order of the enumerations."""


def fence(attempt: Attempt) -> bytes:
    """Return an attempt's number and token as the store compares them."""
    return _fence(attempt.number, attempt.token)


@lru_cache(record.KNOWN_HEADS)
def _fence(number: int, token: str) -> bytes:
    """Return what all first attempts of one claim share: made once."""
    return f"{number} {word(token)}".encode()


@lru_cache(record.KNOWN_HEADS)
def _ran(run_ms: int, worker: str) -> bytes:
    """Return what the short tasks of one worker share: made once."""
    return f"{run_ms} {word(worker)}".encode()


def id_items(task_id: TaskId) -> Items:
    """Return what cancel takes for a task."""
    return (task_id.encode(),)


def attempt_items(attempt: Attempt) -> Items:
    """Return what renew, adopt and release take for an attempt."""
    return attempt.task_id.encode(), fence(attempt)


def start_items(begun: tuple[Attempt, str]) -> Items:
    """Return what start takes for an attempt and its worker."""
    attempt, worker = begun
    return attempt.task_id.encode(), fence(attempt), word(worker).encode()


def new_task_items(task: NewTask) -> tuple[Items, bytes]:
    """Return what submit.lua takes for a task, and its payload if that is a long one."""
    task_id, function_id, payload, priority, delay_ms, budget, wish, tags, expires, ttl = task
    head = _head(function_id, priority, delay_ms, budget, tags, expires, ttl)
    if wish is not None:
        head += f" {wish.digest} {wish.key}".encode()
    body, long = record.waiting(payload)
    return (task_id.encode(), head, body), long


@lru_cache(record.KNOWN_HEADS)
def _head(
    function_id: FunctionId,
    priority: int,
    delay_ms: int,
    budget: Budget,
    tags: tuple[str, ...],
    expires_at_ms: int,
    result_ttl_ms: int,
) -> bytes:
    """Return what many tasks of a batch share: made once."""
    words = record.budget_word(budget), record.options_word(tags, expires_at_ms, result_ttl_ms)
    head = f"{priority} {budget.worker_losses} {function_id} {' '.join(words)} {max(0, delay_ms)}"
    return head.encode()


def submitted(answer: bytes) -> list[Submitted | Repeated]:
    """Return what submit.lua answers: a letter for each task, then the ids of repeated ones."""
    letters, *ids = answer.split(b" ")
    if not ids:
        return [SUBMITTED[letter] for letter in letters]
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


def completion_items(completion: Completion) -> tuple[Items, bytes]:
    """Return what complete.lua takes for a completion, and its result if that is a long one."""
    (task_id, number, token), worker, success = completion
    body, long = record.ending(evidence.of_success(success), success.result)
    ran = _ran(_whole_ms(success.run_ms), worker)
    return (task_id.encode(), _fence(number, token), ran, body), long


def defeat_items(defeat: Defeat) -> tuple[Items, bytes]:
    """Return what fail.lua takes for a defeat, and its exception if that is a long one.

    An attempt without a run time never ran; one that is tried again leaves no exception.
    """
    failure, requeue = defeat.failure, defeat.requeue
    exception = failure.exception if requeue is None else b""
    body, long = record.ending(evidence.of_failure(failure), exception)
    end = f"{_whole_ms(failure.run_ms) if failure.run_ms > 0 else -1} {word(defeat.worker)}"
    return (
        defeat.attempt.task_id.encode(),
        fence(defeat.attempt),
        end.encode(),
        body,
        b"" if requeue is None else requeue.charge.encode(),
        b"0" if requeue is None else b"%d" % max(0, requeue.delay_ms),
    ), long


class Found(NamedTuple):
    """Tasks that were leased, with their environments' tags.

    ``longs`` are the places of tasks whose payloads have keys of their own: they are empty here.
    ``unreadable`` says of each task that is leased as well, and cannot be read, which it is.
    """

    tasks: list[tuple[Leased, str]]
    unreadable: list[StoreIncompatible]
    longs: list[int]


class Claimed(NamedTuple):
    """What one call of claim.lua answers: tasks, and of which environments there are more."""

    found: Found
    next_due_ms: int | None
    left: set[str]
    elsewhere: set[str]


def claimed(token: str, items: Items) -> Claimed:
    """Return what claim.lua answers."""
    next_due_ms = int(items[0]) if items[0] else None
    left, elsewhere = (set(item.decode().split()) for item in items[1:_CLAIMED])
    return Claimed(_leased(token, items[_CLAIMED:]), next_due_ms, left, elsewhere)


def handed(element: bytes) -> Found:
    """Return what was handed over with one submit: see shared/handing.lua."""
    token, *items = unframe(element)
    return _leased(record.unword(token.decode()), items)


def _leased(token: str, items: Items) -> Found:
    """Return tasks from 3 items each, as claim.lua answers them."""
    tasks: list[tuple[Leased, str]] = []
    longs: list[int] = []
    broken: list[StoreIncompatible] = []
    for task_id, number, rest in zip(*(iter(items),) * LEASED, strict=True):
        try:
            head, _, body = rest.split(b"\n", 2)
            attempt = Attempt(TaskId(task_id.decode()), int(number), token)
            told = head[head.index(b" ") + 1 :]
            found = record.leased(attempt, told, b"" if body[:1] == b"p" else body[1:])
        except ValueError:
            broken.append(unreadable("task", task_id.decode("utf-8", "replace")))
        except StoreIncompatible as error:
            broken.append(error)
        else:
            if body[:1] == b"p":
                longs.append(len(tasks))
            tasks.append(found)
    return Found(tasks, broken, longs)


def adopted(attempt: Attempt, told: bytes) -> Leased | None:
    """Return what adopt.lua answers about an attempt."""
    return record.leased(attempt, told, b"")[0] if told else None


def reaped(items: Items) -> Reaped:
    """Return what reap.lua answers about a task."""
    task_id, held, failed = items
    try:
        number, token = held.decode().split(" ", 1)
        attempt = Attempt(TaskId(task_id.decode()), int(number), record.unword(token))
    except ValueError as error:
        raise unreadable("task", task_id.decode("utf-8", "replace")) from error
    return Reaped(attempt, failed=failed == b"1")


def rows(blob: bytes, width: int) -> list[Items]:
    """Return a framed answer as one row of ``width`` items for each task or function."""
    items = unframe(blob)
    return [items[at : at + width] for at in range(0, len(items), width)]


def _whole_ms(run_ms: float) -> int:
    """Return a run time that came from outside as whole milliseconds, never negative."""
    return int(run_ms) if isfinite(run_ms) and run_ms > 0 else 0
