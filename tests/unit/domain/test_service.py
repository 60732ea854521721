"""The use cases over the memory store."""

import asyncio
from typing import Any

import pytest

from gofer.adapters.memory.clock import ManualClock, SeededEntropy
from gofer.adapters.memory.store import MemoryStore
from gofer.adapters.payload import PickleInspector
from gofer.adapters.telemetry import CountingTelemetry
from gofer.domain.errors import (
    InvalidInput,
    InvalidPayload,
    KeyReused,
    NotFound,
    QueueFull,
    TooLarge,
)
from gofer.domain.function import Environment, function_digest
from gofer.domain.identifiers import (
    FunctionId,
    TaskId,
    WorkerId,
    parse_function_id,
    parse_task_id,
    uuid7,
)
from gofer.domain.ports import Cancelled, Completion, Inspection
from gofer.domain.service import Service
from gofer.domain.submissions import Limits, Submission
from gofer.domain.task import Budget, Failure, Success, TaskStatus

OURS = Environment("cpython", (3, 11))
THEIRS = Environment("cpython", (3, 12))
ONE_OF_OURS = {OURS.tag: 1}
LIMITS = Limits(function_bytes=100, payload_bytes=50, name_chars=10, queued_tasks=3)
NOBODY = uuid7(0, 0)


class Inspector(PickleInspector):
    """Finds fault with what says so, and sees an environment where one is named."""

    def inspect(self, payload: bytes) -> Inspection:
        if payload == b"rubbish":
            raise InvalidPayload("this is no pickle")
        seen = THEIRS if payload.startswith(b"3.12") else None
        return Inspection(len(payload), 4, 1, seen)

    def check(self, payload: bytes) -> None:
        self.inspect(payload)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(clock: ManualClock) -> MemoryStore:
    return MemoryStore(clock, queued_limit=LIMITS.queued_tasks)


@pytest.fixture
def service(store: MemoryStore, clock: ManualClock) -> Service:
    return Service(
        store,
        store,
        Inspector(),
        clock,
        SeededEntropy(1),
        OURS,
        LIMITS,
        CountingTelemetry(),
    )


async def submit(service: Service, payload: bytes = b"args") -> TaskId:
    function_id = await service.register("f", b"code")
    (task_id,) = await service.submit([Submission(function_id, payload)])
    return task_id


async def finish(store: MemoryStore, result: bytes = b"result") -> None:
    claim = await store.claim("d", "token", ONE_OF_OURS, 1_000)
    done = [Completion(each.attempt, WorkerId("w"), Success(result)) for each in claim.tasks]
    await store.complete(done)


async def test_a_function_is_stored_with_what_its_payload_tells(
    service: Service, store: MemoryStore, clock: ManualClock
) -> None:
    first = await service.register("f", b"code")
    second = await service.register("g", b"3.12 code")
    assert first != second
    assert parse_function_id(first) == first
    ours, theirs = await store.fetch([first, second])
    assert ours is not None
    assert theirs is not None
    assert (ours.environment, theirs.environment) == (OURS, THEIRS)
    assert (ours.name, ours.payload) == ("f", b"code")
    assert ours.digest == function_digest(b"code", OURS)
    assert ours.created_at_ms == clock.unix_ms()


@pytest.mark.parametrize(
    ("name", "payload", "error"),
    [
        ("n" * 11, b"code", InvalidInput),
        ("f", b"c" * 101, TooLarge),
        ("f", b"rubbish", InvalidPayload),
    ],
)
async def test_a_function_that_cannot_be_right_is_not_stored(
    service: Service, store: MemoryStore, name: str, payload: bytes, error: type[InvalidInput]
) -> None:
    with pytest.raises(error):
        await service.register(name, payload)
    assert store.snapshot().functions == {}


async def test_what_is_just_within_the_limits_is_taken(service: Service) -> None:
    function_id = await service.register("n" * 10, b"c" * 100)
    assert len(await service.submit([Submission(function_id, b"p" * 50)])) == 1


async def test_a_submitted_task_is_queued_under_a_new_id(service: Service) -> None:
    task_id = await submit(service)
    assert parse_task_id(task_id) == task_id
    task = await service.status(task_id)
    assert (task.status, task.attempt, task.priority) == (TaskStatus.QUEUED, 0, 1)


async def test_the_same_wish_with_the_same_key_is_recorded_once(
    service: Service, store: MemoryStore
) -> None:
    function_id = await service.register("f", b"code")
    wish = Submission(function_id, b"args", key="order 17")
    (first,) = await service.submit([wish])
    assert await service.submit([wish, wish]) == [first, first]
    assert len(store.snapshot().tasks) == 1


@pytest.mark.parametrize(
    "changed", [{"payload": b"more"}, {"priority": 0}, {"budget": Budget(retries=1)}]
)
async def test_another_wish_with_the_same_key_is_refused(
    service: Service, store: MemoryStore, changed: dict[str, Any]
) -> None:
    function_id = await service.register("f", b"code")
    wish = Submission(function_id, b"args", key="order 17")
    await service.submit([wish])
    with pytest.raises(KeyReused, match="order 17"):
        await service.submit([wish._replace(**changed)])
    assert len(store.snapshot().tasks) == 1


@pytest.mark.parametrize("key", ["k" * 256, "schlüssel", "two\nlines"])
async def test_a_key_that_is_none_is_refused(service: Service, key: str) -> None:
    function_id = await service.register("f", b"code")
    with pytest.raises(InvalidInput, match="Idempotency-Key"):
        await service.submit([Submission(function_id, b"args", key=key)])


async def test_what_is_asked_for_a_task_reaches_the_store(service: Service) -> None:
    function_id = await service.register("f", b"code")
    budget = Budget(retries=1, redeliveries=0, timeout_ms=5)
    wish = Submission(function_id, b"args", priority=2, delay_ms=100, budget=budget)
    first, second = await service.submit([wish, wish])
    assert first != second
    for task_id in (first, second):
        task = await service.status(task_id)
        assert (task.priority, task.budget) == (2, budget)


@pytest.mark.parametrize(
    ("payload", "priority", "error"),
    [(b"rubbish", 1, InvalidPayload), (b"p" * 51, 1, TooLarge), (b"args", 3, InvalidInput)],
)
async def test_one_bad_task_refuses_its_whole_batch(
    service: Service, store: MemoryStore, payload: bytes, priority: int, error: type[InvalidInput]
) -> None:
    function_id = await service.register("f", b"code")
    good, bad = Submission(function_id, b"args"), Submission(function_id, payload, priority)
    with pytest.raises(error):
        await service.submit([good, bad])
    assert store.snapshot().tasks == {}


async def test_a_task_of_an_unknown_function_is_not_found(service: Service) -> None:
    with pytest.raises(NotFound) as caught:
        await service.submit([Submission(FunctionId(NOBODY), b"args")])
    assert (caught.value.kind, caught.value.identifier) == ("function", NOBODY)


async def test_a_full_queue_says_so(service: Service) -> None:
    function_id = await service.register("f", b"code")
    with pytest.raises(QueueFull) as caught:
        await service.submit([Submission(function_id, b"args")] * 4)
    assert caught.value.limit == 3


async def test_an_unknown_task_is_not_found_by_any_call(service: Service) -> None:
    nobody = TaskId(NOBODY)
    for call in (
        service.status(nobody),
        service.outcome(nobody),
        service.wait(nobody, 0),
        service.cancel(nobody),
    ):
        with pytest.raises(NotFound) as caught:
            await call
        assert caught.value.kind == "task"


async def test_an_outcome_is_there_once_the_task_has_ended(
    service: Service, store: MemoryStore
) -> None:
    task_id = await submit(service)
    assert (await service.outcome(task_id))[1] is None
    await finish(store)
    task, outcome = await service.outcome(task_id)
    assert task.status is TaskStatus.COMPLETED
    assert outcome == Success(b"result")


async def test_waiting_ends_with_the_task(service: Service, store: MemoryStore) -> None:
    task_id = await submit(service)
    waiting = asyncio.create_task(service.wait(task_id, 30))
    await asyncio.sleep(0)
    await finish(store)
    task, outcome = await waiting
    assert task.status is TaskStatus.COMPLETED
    assert outcome == Success(b"result")


async def test_waiting_for_what_has_ended_does_not_wait(
    service: Service, store: MemoryStore
) -> None:
    task_id = await submit(service)
    await finish(store)
    assert (await service.wait(task_id, 30))[1] == Success(b"result")


@pytest.mark.parametrize("timeout_s", [0, -1, 0.001])
async def test_waiting_gives_up_in_time(service: Service, timeout_s: float) -> None:
    task_id = await submit(service)
    task, outcome = await service.wait(task_id, timeout_s)
    assert (task.status, outcome) == (TaskStatus.QUEUED, None)


async def test_a_cancel_tells_what_it_met(service: Service, store: MemoryStore) -> None:
    queued = await submit(service)
    assert await service.cancel(queued) is Cancelled.PREVENTED
    assert await service.cancel(queued) is Cancelled.PREVENTED
    assert isinstance((await service.outcome(queued))[1], Failure)
    running = await submit(service)
    await store.claim("d", "token", ONE_OF_OURS, 1_000)
    assert await service.cancel(running) is Cancelled.STOPPING


async def test_the_health_of_the_store_is_the_store_s_own_word(service: Service) -> None:
    assert await service.store_health() == "connected"


async def test_ids_sort_by_time(service: Service, clock: ManualClock) -> None:
    early = service.new_id()
    clock.advance(1)
    assert early < service.new_id()


async def test_a_task_is_explained_from_what_the_store_knows(
    service: Service, store: MemoryStore
) -> None:
    task_id = await submit(service)
    assert (await service.explain(task_id)).reasons[0].code == "no-worker"
    await store.claim("d", "token", ONE_OF_OURS, 1_000)
    assert (await service.explain(task_id)).reasons[0].code == "leased"
    await service.cancel(task_id)
    assert (await service.explain(task_id)).summary == "It was cancelled before it began."
    with pytest.raises(NotFound):
        await service.explain(TaskId("018bcfe5-6800-7000-8000-000000000009"))
