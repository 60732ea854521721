"""What the store contracts need of a store under test, and short ways to say what they do to it.

An adapter's test module brings the fixture ``open_backend``: called with a ``queued_limit`` and a
``retention_ms`` it returns a Backend over an empty store, and closes it after the test.
"""

from collections.abc import Sequence
from itertools import count
from typing import Protocol

from gofer.domain.function import Environment, Function, content_digest
from gofer.domain.identifiers import Attempt, FunctionId, TaskId, WorkerId, uuid7
from gofer.domain.policy import Charge, Requeue
from gofer.domain.ports import Completion, Defeat, Leased, Store
from gofer.domain.task import Budget, Cause, Failure, NewTask, Success

DAY_MS = 86_400_000
LONG_MS = 600_000
"""A lease or delay that does not end during a test."""

SHORT_MS = 20
"""A lease or delay that a test lets end, with ``Backend.advance``."""

WORKER = WorkerId("w1")
_ids = count(1)


class Backend(Protocol):
    """A store under test and its time."""

    @property
    def store(self) -> Store: ...

    async def advance(self, ms: int) -> None:
        """Let at least ``ms`` pass by the store's clock."""
        ...


class OpenBackend(Protocol):
    """The fixture that a test module brings."""

    def __call__(self, *, queued_limit: int = 1_000, retention_ms: int = DAY_MS) -> Backend: ...


def a_function(
    payload: bytes = b"function", name: str = "f", python: tuple[int, int] = (3, 11)
) -> Function:
    """Return a function with a new id."""
    return Function(
        id=FunctionId(uuid7(1_700_000_000_000, next(_ids))),
        name=name,
        payload=payload,
        digest=content_digest(payload),
        environment=Environment("cpython", python, "0.4.1"),
        created_at_ms=1_700_000_000_123,
    )


FUNCTION = a_function()
"""The function that ``queue`` registers."""

FOREIGN = a_function(b"foreign", python=(3, 12))
"""A function that needs another environment."""

TAG, FOREIGN_TAG = FUNCTION.environment.tag, FOREIGN.environment.tag


def a_task(
    payload: bytes = b"arguments",
    *,
    priority: int = 1,
    delay_ms: int = 0,
    budget: Budget | None = None,
    function_id: FunctionId = FUNCTION.id,
) -> NewTask:
    """Return a task with a new id; later ones have greater ids."""
    task_id = TaskId(uuid7(1_700_000_000_000, next(_ids)))
    return NewTask(task_id, function_id, payload, priority, delay_ms, budget or Budget())


async def queue(store: Store, *tasks: NewTask) -> list[TaskId]:
    """Submit tasks, or one ordinary task, and return their ids."""
    await store.put([FUNCTION])
    wanted = tasks or (a_task(),)
    await store.submit(wanted)
    return [task.id for task in wanted]


async def take(
    store: Store, limit: int = 100, lease_ms: int = LONG_MS, fence: str = "fence", owner: str = "d1"
) -> list[Leased]:
    """Claim and return the tasks."""
    return list((await store.claim(owner, fence, {TAG: limit}, lease_ms)).tasks)


async def taken_ids(store: Store) -> list[TaskId]:
    """Claim everything that is due and return the ids in order."""
    return [leased.attempt.task_id for leased in await take(store)]


async def running(store: Store, *tasks: NewTask, lease_ms: int = LONG_MS) -> list[Attempt]:
    """Submit tasks (or one), claim them, and return the attempts."""
    await queue(store, *tasks)
    return [leased.attempt for leased in await take(store, lease_ms=lease_ms)]


def done(attempts: Sequence[Attempt], result: bytes = b"result") -> list[Completion]:
    """Return completions of attempts."""
    return [Completion(attempt, WORKER, Success(result)) for attempt in attempts]


def lost(attempts: Sequence[Attempt], requeue: Requeue | None = None) -> list[Defeat]:
    """Return defeats of attempts: final, or to be tried again."""
    failure = Failure(Cause.EXCEPTION, "ValueError", "no")
    return [Defeat(attempt, WORKER, failure, requeue) for attempt in attempts]


RETRY_NOW = Requeue(Charge.RETRY, 0)
