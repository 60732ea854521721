"""What the core needs of the world, in the domain's own verbs.

Adapters implement these Protocols; the contract suites in ``tests/contracts`` say in code what
the docstrings say in words, and run over every adapter. Every method takes and returns batches
and is atomic per task, not per batch. Answers come in the order of the request. Expected
outcomes are values. Any store method may raise StoreUnavailable, and then may or may not have
been carried out; all but ``claim`` may be repeated without harm, and a ``claim`` whose answer
is lost costs one lease time, never a task.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from .errors import ProtocolViolation
from .function import Environment, Function
from .identifiers import Attempt, FunctionId, TaskId, WorkerId
from .policy import Requeue
from .protocol.messages import Assignment, FunctionBody, ToDispatcher, ToWorker
from .task import Budget, Failure, NewTask, Outcome, Spent, Success, Task

# ---------------------------------------------------------------- the store


class Submitted(StrEnum):
    """The answer to one task of a submit."""

    NEW = "new"
    EXISTS = "exists"
    NO_FUNCTION = "no_function"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Leased:
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
    """The answer to a claim. ``next_due_ms``: when the next delayed task is due, from now."""

    tasks: tuple[Leased, ...]
    next_due_ms: int | None = None


class Written(StrEnum):
    """The answer to a fenced write."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    """The same attempt has recorded this task's outcome already: all is well."""
    STALE = "stale"
    """Another attempt holds the task, or it ended otherwise: this attempt must stop."""
    GONE = "gone"
    """The task does not exist (any more)."""


@dataclass(frozen=True, slots=True)
class Completion:
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
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Reaped:
    """A lease that had expired: the task went back to its queue, or ran out of tries."""

    attempt: Attempt
    failed: bool


@dataclass(frozen=True, slots=True)
class Hint:
    """Why ``listen`` returned: there may be work; these running tasks were cancelled.

    Both empty: time is up. A hint may be lost; it saves time, it is never the truth.
    """

    work: bool = False
    cancelled: tuple[TaskId, ...] = ()


class TaskStore(Protocol):
    """The truth about tasks. Leases run by the store's own clock and by no other."""

    async def submit(self, tasks: Sequence[NewTask]) -> list[Submitted]:
        """Record new tasks as QUEUED, and ring. EXISTS for an id that is there: nothing changes."""
        ...

    async def claim(self, owner: str, token: str, limit: int, lease_ms: int) -> Claim:
        """Lease up to ``limit`` due tasks to dispatcher ``owner``: QUEUED to RUNNING, attempt + 1.

        Order: priority, then time of submission; released and requeued tasks come first. All get
        ``token``, which must be new and random. Rings again when due tasks are left. NOT to be
        repeated on StoreUnavailable.
        """
        ...

    async def start(self, attempts: Sequence[Attempt]) -> list[Written]:
        """Note that attempts (may) have begun: sets ``started_at`` once. RECORDED or STALE, GONE.

        An attempt that is noted counts as a loss when its lease expires; others do not.
        """
        ...

    async def renew(self, attempts: Sequence[Attempt], lease_ms: int) -> list[Attempt]:
        """Extend the leases to ``lease_ms`` from now; return those that are no longer valid.

        An expired lease that nobody reaped is still valid and is extended.
        """
        ...

    async def adopt(
        self, owner: str, attempts: Sequence[Attempt], lease_ms: int
    ) -> list[Leased | None]:
        """Renew as above and make ``owner`` the one who is told of cancels; None where invalid."""
        ...

    async def complete(self, completions: Sequence[Completion]) -> list[Written]:
        """Record results: RUNNING to COMPLETED, wake the waiters, start the retention time.

        Frees the lease before it writes the result, so that it passes when memory is full.
        """
        ...

    async def fail(self, defeats: Sequence[Defeat]) -> list[Written]:
        """Record failures: RUNNING to FAILED, or back to QUEUED (``requeue``) charging a budget.

        A requeue with charge NOTHING or LOSS goes to the head of its queue, others to its tail
        or, with a delay, to the delayed ones.
        """
        ...

    async def release(
        self, attempts: Sequence[Attempt], delay_ms: int = 0, reason: str = ""
    ) -> list[Written]:
        """Hand back tasks that did not run: RUNNING to QUEUED, at the head, no budget charged.

        ``reason`` (why nobody could run it) is shown with the task while it waits.
        """
        ...

    async def reap(self, limit: int) -> list[Reaped]:
        """Take up to ``limit`` expired leases away: back to QUEUED at the head, or FAILED.

        Charges a loss where the attempt had started, and fails the task (cause worker_lost) when
        ``budget.worker_losses`` is used up. Any number of dispatchers may call it at once.
        """
        ...

    async def cancel(self, task_ids: Sequence[TaskId]) -> list[Cancelled]:
        """End tasks as CANCELLED; the owner of a running one is told by ``listen``."""
        ...

    async def get(self, task_ids: Sequence[TaskId]) -> list[Task | None]:
        """Return tasks as they stand; None for those that do not exist."""
        ...

    async def outcomes(
        self, task_ids: Sequence[TaskId]
    ) -> list[tuple[Task, Outcome | None] | None]:
        """Return tasks with their outcomes: None inside for tasks that have not ended.

        CANCELLED and EXPIRED tasks have a Failure of that cause.
        """
        ...

    async def wait(self, task_ids: Sequence[TaskId], timeout_s: float) -> frozenset[TaskId]:
        """Return those of the tasks that are terminal, as soon as one is, or when time is up.

        Unknown ids count as not terminal.
        """
        ...

    async def listen(self, owner: str, timeout_s: float) -> Hint:
        """Wait for a hint to this dispatcher, at most ``timeout_s``."""
        ...

    async def ping(self) -> str:
        """Return "connected", or raise StoreUnavailable with the reason."""
        ...

    async def close(self) -> None:
        """Give back connections; the store must not be used afterwards. May be repeated."""
        ...


class FunctionStore(Protocol):
    """The registered functions. They never change once they are stored."""

    async def put(self, functions: Sequence[Function]) -> None:
        """Store functions under their ids, all or none; storing one again changes nothing."""
        ...

    async def fetch(self, function_ids: Sequence[FunctionId]) -> list[Function | None]:
        """Return functions with their payloads; None for those that do not exist."""
        ...


# ---------------------------------------------------------------- the links


@dataclass(frozen=True, slots=True)
class FromWorker:
    """A message as it arrived: ``peer`` is the link's own address for whoever sent it."""

    peer: bytes
    message: ToDispatcher | ProtocolViolation


class Link(Protocol):
    """The dispatcher's end of the connection to all its workers. Neither ordered nor reliable:
    the protocol is. Methods must be called from one event loop.
    """

    async def receive(self) -> list[FromWorker]:
        """Wait for messages and return all that are there, in order of arrival, never none."""
        ...

    def send(self, peer: bytes, message: ToWorker) -> bool:
        """Hand a message over without waiting; False if the peer is gone or takes no more."""
        ...

    def forget(self, peer: bytes) -> None:
        """Give up what is kept for a peer that will not come back."""
        ...

    async def close(self) -> None:
        """Send what is under way for at most a second, then close. May be repeated."""
        ...


class Uplink(Protocol):
    """A worker's end of its connection to the dispatcher. Neither ordered nor reliable."""

    async def receive(self) -> list[ToWorker | ProtocolViolation]:
        """Wait for messages and return all that are there, in order of arrival, never none."""
        ...

    def send(self, message: ToDispatcher) -> bool:
        """Hand a message over without waiting; False if it cannot be taken now."""
        ...

    def reset(self) -> None:
        """Drop what is under way and connect anew: called when the dispatcher is silent."""
        ...

    async def close(self) -> None:
        """Send what is under way for at most a second, then close. May be repeated."""
        ...


# ---------------------------------------------------------------- running


@dataclass(frozen=True, slots=True)
class Began:
    """The executor saw an attempt begin, ``ago_ms`` before it said so."""

    attempt: Attempt
    ago_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt has its outcome; its slot is free again."""

    attempt: Attempt
    outcome: Outcome


ExecutorEvent = Began | Ended


class Executor(Protocol):
    """Runs payloads, ``slots`` at a time, and never lets one harm another or its host.

    The supervisor of child processes is the real one. Methods but ``events`` and ``close`` never
    block, and must be called from one event loop.
    """

    @property
    def slots(self) -> int:
        """Return how many attempts run at once."""
        ...

    async def start(self) -> None:
        """Make every slot ready to run; raise GoferError where that cannot be."""
        ...

    def learn(self, functions: Sequence[FunctionBody]) -> None:
        """Keep functions, to be run by digest."""
        ...

    def knows(self, digest: str) -> bool:
        """Return whether the function of this digest can be run now."""
        ...

    def execute(self, assignments: Sequence[Assignment]) -> None:
        """Run these, in order, as slots come free. Each gives one Ended, unless taken or killed."""
        ...

    def take_back(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        """Withdraw those that have not begun and certainly never will; return them."""
        ...

    def kill(self, attempts: Sequence[Attempt]) -> None:
        """Stop these at once, begun or not. No event follows for them."""
        ...

    async def events(self) -> list[ExecutorEvent]:
        """Wait for events and return all that are there, in order, never none."""
        ...

    async def close(self) -> None:
        """Stop everything; no process is left when it returns. May be repeated."""
        ...


# ---------------------------------------------------------------- the rest of the world


class Clock(Protocol):
    """Time: a wall for ids and display, a steady one for every duration."""

    def unix_ms(self) -> int:
        """Return milliseconds since 1970; may jump."""
        ...

    def steady_ms(self) -> float:
        """Return milliseconds since some moment; never runs backwards."""
        ...


class Entropy(Protocol):
    """Randomness: for ids and lease tokens, unguessable in production; seeded in tests."""

    def bits(self, count: int) -> int:
        """Return an integer of ``count`` random bits."""
        ...

    def fraction(self) -> float:
        """Return a number in [0, 1), for jitter."""
        ...


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a pickle says of itself without being run."""

    size: int
    protocol: int
    opcodes: int
    environment: Environment | None = None


class PayloadInspector(Protocol):
    """Looks at a pickle without ever running it."""

    def inspect(self, payload: bytes) -> Inspection:
        """Return what can be seen; raise InvalidPayload or TooLarge for what is no whole pickle.

        A well-formed pickle says nothing about safety.
        """
        ...


class Telemetry(Protocol):
    """Where the core tells what happens: counters, and named points for crash tests."""

    def count(self, name: str, by: int = 1) -> None:
        """Add to a counter."""
        ...

    def point(self, name: str) -> None:
        """Pass a named point of the code; does nothing outside tests."""
        ...
