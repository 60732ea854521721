"""What the store is asked with, and what it answers: plain values, never exceptions."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ..identifiers import Attempt, FunctionId, TaskId, WorkerId
from ..policy import Requeue
from ..task import Budget, Failure, Outcome, Spent, Success, TaskStatus


class Submitted(StrEnum):
    """The answer to one task of a submit."""

    NEW = "new"
    EXISTS = "exists"
    NO_FUNCTION = "no_function"
    FULL = "full"
    CONFLICT = "conflict"
    """Its idempotency key was given before, with another request."""
    DELETED = "deleted"
    """Its function was deleted."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """The answer to a task that was submitted before, under the same idempotency key."""

    task_id: TaskId


class Leased(NamedTuple):
    """A claimed task: what the dispatcher needs to place it and to judge its failure.

    ``payload`` is empty in the answer to ``adopt``: the worker has it already.
    """

    attempt: Attempt
    function_id: FunctionId
    payload: bytes
    priority: int
    budget: Budget
    spent: Spent


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a claim. ``next_due_ms``: when the next delayed task is due, from now.

    ``left`` are those of the wanted environments of which more tasks are due, ``elsewhere`` the
    others that tasks wait for. ``in_part``: more may be leased, of which the answer was lost.
    """

    tasks: tuple[Leased, ...]
    next_due_ms: int | None = None
    left: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    in_part: bool = False


class Written(StrEnum):
    """The answer to a fenced write."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    """The same attempt has recorded this task's outcome already: all is well."""
    STALE = "stale"
    """Another attempt holds the task, or it ended otherwise: this attempt must stop."""
    GONE = "gone"
    """The task does not exist (any more)."""


class Completion(NamedTuple):
    """Write down that ``attempt`` returned."""

    attempt: Attempt
    worker: WorkerId
    success: Success


@dataclass(frozen=True, slots=True)
class Defeat:
    """Write down that ``attempt`` failed: for good, or (with ``requeue``) to be tried again."""

    attempt: Attempt
    worker: WorkerId
    failure: Failure
    requeue: Requeue | None = None


class Cancelled(StrEnum):
    """The answer to a cancel."""

    PREVENTED = "prevented"
    """It was queued and will never start."""
    STOPPING = "stopping"
    """It was running; its outcome is CANCELLED from now on, and its process is being killed."""
    TOO_LATE = "too_late"
    """It had ended otherwise."""
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Reaped:
    """A lease that had expired: the task went back to its queue, or ran out of tries."""

    attempt: Attempt
    failed: bool


@dataclass(frozen=True, slots=True)
class BatchState:
    """How far a batch has come.

    ``count`` is how many of its tasks were recorded, ``last`` the highest position of those, and
    the next four how many have ended as what. ``void`` is how many ends were taken back: those
    tasks were tried again.
    """

    created_at_ms: int
    count: int
    last: int
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    expired: int = 0
    void: int = 0

    @property
    def told(self) -> int:
        """Return how many ends there are to be told of, those that were taken back included."""
        return self.ended + self.void

    @property
    def ended(self) -> int:
        """Return how many tasks have ended."""
        return self.completed + self.failed + self.cancelled + self.expired


class End(NamedTuple):
    """How a task ended, and what came of it."""

    status: TaskStatus
    outcome: Outcome


class Ending(NamedTuple):
    """A task of a batch that has ended. ``status`` and ``outcome`` are None if it is forgotten.

    Or if its result is. Position 0: it was tried again, and its next end is told behind others.
    ``left_out``: how many bytes its result has, where the outcome is told without it.
    """

    position: int
    status: TaskStatus | None
    outcome: Outcome | None
    left_out: int = 0


class BatchPage(NamedTuple):
    """A batch, and some of its tasks that have ended, in the order in which they did."""

    state: BatchState
    endings: tuple[Ending, ...]


@dataclass(frozen=True, slots=True)
class Hint:
    """Why ``listen`` returned: there may be work; these running tasks were cancelled.

    ``tasks`` were handed over: they are leased to the listener as by a claim, under the token of a
    ``Credit`` of its. All empty: time is up. A hint may be lost; it saves time, it is never the
    truth, and tasks that are lost with it come back when their leases end.
    """

    work: bool = False
    cancelled: tuple[TaskId, ...] = ()
    tasks: tuple[Leased, ...] = ()


@dataclass(frozen=True, slots=True)
class Credit:
    """A claim in advance, which a submit may answer: see ``TaskStore.listen``.

    ``token`` must be new and random, as that of a claim; ``wants`` and ``lease_ms`` as there.
    """

    token: str
    wants: Mapping[str, int]
    lease_ms: int
