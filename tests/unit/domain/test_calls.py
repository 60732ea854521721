"""Calls: a task recorded and waited for in one, over the memory store."""

import asyncio

import pytest

from gofer.adapters.memory.clock import ManualClock, SeededEntropy
from gofer.adapters.memory.store import MemoryStore
from gofer.adapters.payload import PickleInspector
from gofer.adapters.telemetry import CountingTelemetry
from gofer.domain.errors import NotFound
from gofer.domain.function import Environment
from gofer.domain.identifiers import FunctionId, WorkerId, uuid7
from gofer.domain.ports import Completion
from gofer.domain.service import Called, Service
from gofer.domain.submissions import Limits, Submission
from gofer.domain.task import Success, Task, TaskStatus

OURS = Environment("cpython", (3, 11))
NOTHING = b"\x80\x04)}\x86."
"""The pickle of no arguments."""


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(ManualClock())


@pytest.fixture
def service(store: MemoryStore) -> Service:
    ports = (PickleInspector(), ManualClock(), SeededEntropy(1))
    return Service(store, store, *ports, OURS, Limits(), CountingTelemetry())


async def finish(store: MemoryStore) -> None:
    claim = await store.claim("d", "token", {OURS.tag: 1}, 1_000)
    done = [Completion(each.attempt, WorkerId("w"), Success(b"result")) for each in claim.tasks]
    await store.complete(done)


async def test_a_call_records_a_task_and_waits_for_its_end(
    service: Service, store: MemoryStore
) -> None:
    function_id = await service.register("f", NOTHING)
    calling = asyncio.create_task(service.call(Submission(function_id, NOTHING), 30))
    await asyncio.wait([calling], timeout=0.05)
    await finish(store)
    called = await calling
    assert isinstance(called, Called)
    assert called.end == (TaskStatus.COMPLETED, Success(b"result"))
    assert (await service.outcome(called.id))[1] == Success(b"result")


async def test_a_call_gives_up_in_time(service: Service) -> None:
    function_id = await service.register("f", NOTHING)
    task = await service.call(Submission(function_id, NOTHING), 0.001)
    assert isinstance(task, Task)
    assert task.status == TaskStatus.QUEUED
    assert await service.status(task.id) == task


async def test_a_call_that_is_repeated_waits_for_the_task_of_the_first(
    service: Service, store: MemoryStore
) -> None:
    function_id = await service.register("f", NOTHING)
    wish = Submission(function_id, NOTHING, key="k")
    first = await service.call(wish, 0.001)
    await finish(store)
    called = await service.call(wish, 30)
    assert called == (first.id, (TaskStatus.COMPLETED, Success(b"result")))


async def test_a_call_of_what_there_is_not_is_refused(service: Service) -> None:
    with pytest.raises(NotFound) as caught:
        await service.call(Submission(FunctionId(uuid7(0, 0)), NOTHING), 30)
    assert caught.value.kind == "function"
