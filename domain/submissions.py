"""What a client may ask for, checked before anything is stored, and what the store's answer means.

Shared by the use cases that take tasks: one by one (``service.py``) and in batches
(``batches.py``).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .errors import Deleted, GoferError, InvalidInput, KeyReused, NotFound, QueueFull, TooLarge
from .function import content_digest
from .identifiers import RANDOM_BITS, FunctionId, Rising, TaskId, uuid7
from .ports import (
    Clock,
    Entropy,
    PayloadInspector,
    Point,
    Repeated,
    Submitted,
    TaskStore,
    Telemetry,
)
from .task import PRIORITIES, Backoff, Budget, Idempotency, NewTask

TAGS_MOST, TAG_CHARS = 20, 100
"""Most tags of a task, and most characters of one."""

UNSEEN = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
"""Characters that no name or tag may hold, as a range of a regular expression: controls."""

_UNSEEN = re.compile(f"[{UNSEEN}]")

KEY_CHARS = 255
"""Most characters of an idempotency key, as other services with such keys have it."""


FACTOR_MOST = 100
"""The steepest back-off."""

_DEFAULT_BACKOFF = Budget().backoff


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may carry; every figure is in bytes or characters, as its name says."""

    function_bytes: int = 16 * 1024 * 1024
    payload_bytes: int = 16 * 1024 * 1024
    name_chars: int = 256
    queued_tasks: int = 1_000_000


class Submission(NamedTuple):
    """A wish to run ``function_id`` on ``payload``, the pickle of ``(args, kwargs)``.

    ``key`` is an idempotency key: the same wish with the same key is recorded once, however often
    it is sent. Empty: each is recorded.
    """

    function_id: FunctionId
    payload: bytes
    priority: int = 1
    delay_ms: int = 0
    budget: Budget = Budget()
    key: str = ""
    tags: tuple[str, ...] = ()
    expires_at_ms: int = 0
    result_ttl_ms: int = 0
    asked: str = ""
    """Digest of the request, where it is known by more than by what it comes to (times do pass)."""


class Admission:
    """Makes tasks of wishes and records them, and says why where it does not."""

    def __init__(
        self,
        tasks: TaskStore,
        inspector: PayloadInspector,
        limits: Limits,
        clock: Clock,
        entropy: Entropy,
        telemetry: Telemetry,
    ) -> None:
        """Take the ports."""
        self._tasks = tasks
        self._telemetry = telemetry
        self._inspector = inspector
        self._limits = limits
        self._clock = clock
        self._entropy = entropy
        self._ids = Rising(RANDOM_BITS)

    def new_id(self) -> str:
        """Return a fresh id, for a task or a function."""
        now, bits = self._clock.unix_ms(), self._entropy.bits(RANDOM_BITS)
        return uuid7(*self._ids.next(now, bits))

    def admit(self, submission: Submission, task_id: TaskId | None = None) -> NewTask:
        """Return the task; raise InvalidPayload, TooLarge or InvalidInput."""
        if len(submission.payload) > self._limits.payload_bytes:
            raise TooLarge("the payload", len(submission.payload), self._limits.payload_bytes)
        if submission.priority not in PRIORITIES:
            raise InvalidInput(f"priority {submission.priority} is none of {PRIORITIES}")
        _check_tags(submission.tags)
        _check_backoff(submission.budget.backoff)
        if submission.result_ttl_ms < 0:
            raise InvalidInput("a result is kept for some time, or for as long as its task is (0)")
        self._inspector.check(submission.payload)
        return NewTask(
            id=task_id or TaskId(self.new_id()),
            function_id=submission.function_id,
            payload=submission.payload,
            priority=submission.priority,
            delay_ms=submission.delay_ms,
            budget=submission.budget,
            idempotency=_idempotency(submission.key, submission.asked or _digest(submission))
            if submission.key
            else None,
            tags=submission.tags,
            expires_at_ms=submission.expires_at_ms,
            result_ttl_ms=submission.result_ttl_ms,
        )

    async def record(self, tasks: Iterable[NewTask]) -> list[TaskId | GoferError]:
        """Submit tasks; return for each its id, or NotFound, QueueFull or KeyReused.

        Many are taken some at a time, while those before are being recorded. Raises
        StoreUnavailable, and what ``tasks`` raises.
        """
        taken: list[NewTask] = []

        def taking() -> Iterator[NewTask]:
            for task in tasks:
                taken.append(task)
                yield task

        self._telemetry.point(Point.API_SUBMITTING)
        answers = await self._tasks.submit(taking())
        self._telemetry.point(Point.API_SUBMITTED)
        return [
            task.id if answer is Submitted.NEW else self._answered(task, answer)
            for task, answer in zip(taken, answers, strict=True)
        ]

    def _answered(self, task: NewTask, answer: Submitted | Repeated) -> TaskId | GoferError:
        if isinstance(answer, Repeated):
            return answer.task_id
        if answer is Submitted.NO_FUNCTION:
            return NotFound("function", task.function_id)
        if answer is Submitted.DELETED:
            return Deleted("function", task.function_id)
        if answer is Submitted.FULL:
            return QueueFull(self._limits.queued_tasks)
        if answer is Submitted.CONFLICT and task.idempotency is not None:
            return KeyReused(task.idempotency.key)
        return task.id


def batch_digest(submissions: Iterable[Submission]) -> str:
    """Return the digest of a batch's wishes."""
    return content_digest("\n".join(map(_digest, submissions)).encode())


def batch_idempotency(key: str, asked: str) -> Idempotency:
    """Return what the request of a batch is known by; raise InvalidInput for a key that is none.

    ``asked`` is a digest of the request; what is made of it is none that a single task could have.
    """
    return _idempotency(key, content_digest(f"batch {asked}".encode()))


def _idempotency(key: str, digest: str) -> Idempotency:
    if not 0 < len(key) <= KEY_CHARS or not (key.isascii() and key.isprintable()):
        raise InvalidInput(f"an Idempotency-Key is 1 to {KEY_CHARS} printable ASCII characters")
    return Idempotency(key, digest)


def _check_tags(tags: tuple[str, ...]) -> None:
    if not tags:
        return
    if len(tags) > TAGS_MOST:
        raise InvalidInput(f"a task has at most {TAGS_MOST} tags; these are {len(tags)}")
    for tag in tags:
        if not 0 < len(tag) <= TAG_CHARS or _UNSEEN.search(tag):
            raise InvalidInput(
                f"the tag {tag[:TAG_CHARS]!r} is not 1 to {TAG_CHARS} characters that can be seen"
            )
    if len(set(tags)) < len(tags):
        raise InvalidInput("a tag is given twice")


def _check_backoff(backoff: Backoff) -> None:
    if backoff is _DEFAULT_BACKOFF:
        return
    if backoff.initial_ms < 0 or backoff.most_ms < backoff.initial_ms:
        raise InvalidInput("a back-off begins with 0 seconds or more, and ends with no less")
    if not 1 <= backoff.factor <= FACTOR_MOST or not 0 <= backoff.jitter <= 1:
        raise InvalidInput(f"a back-off has a factor of 1 to {FACTOR_MOST} and a jitter of 0 to 1")


def _digest(submission: Submission) -> str:
    budget = submission.budget
    asked = (
        submission.function_id,
        submission.priority,
        submission.delay_ms,
        *(budget.retries, budget.redeliveries, budget.timeout_ms),
        *(*budget.backoff, submission.expires_at_ms, *map(repr, submission.tags)),
        *((submission.result_ttl_ms,) if submission.result_ttl_ms else ()),
    )
    head = " ".join(map(str, asked)).encode()
    return content_digest(head + b"\n" + submission.payload)
