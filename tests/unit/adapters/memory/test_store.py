"""The memory store against the contracts of the store, and what only it offers."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import pytest

from gofer.adapters.memory.clock import ManualClock
from gofer.adapters.memory.store import MemoryStore
from gofer.domain.ports import Hint, Store
from gofer.domain.task import TaskStatus
from tests.contracts.event_store import EventStoreContract
from tests.contracts.function_store import FunctionStoreContract
from tests.contracts.output_store import OutputStoreContract
from tests.contracts.queue_store import QueueStoreContract
from tests.contracts.store_backend import (
    DAY_MS,
    FUNCTION,
    LONG_MS,
    SHORT_MS,
    TAG,
    OpenBackend,
    a_task,
    done,
    lost,
    queue,
    running,
    take,
)
from tests.contracts.task_history import TaskHistoryContract
from tests.contracts.task_store import TaskStoreContract
from tests.contracts.task_store_credit import TaskStoreCreditContract
from tests.contracts.task_store_families import TaskStoreFamiliesContract
from tests.contracts.task_store_signals import TaskStoreSignalsContract
from tests.contracts.task_store_times import TaskStoreTimesContract
from tests.contracts.worker_store import WorkerStoreContract


@dataclass(frozen=True)
class MemoryBackend:
    memory: MemoryStore
    clock: ManualClock

    @property
    def store(self) -> Store:
        self.memory.check()
        return self.memory

    async def advance(self, ms: int) -> None:
        self.clock.advance(ms)
        self.memory.check()


@pytest.fixture
def open_backend() -> OpenBackend:
    def opened(*, queued_limit: int = 1_000, retention_ms: int = DAY_MS) -> MemoryBackend:
        clock = ManualClock()
        memory = MemoryStore(clock, retention_ms=retention_ms, queued_limit=queued_limit)
        return MemoryBackend(memory, clock)

    return opened


class TestMemoryStoreAsTaskStore(TaskStoreContract):
    pass


class TestMemoryStoreAsHistory(TaskHistoryContract):
    pass


class TestMemoryStoreAsFeed(EventStoreContract):
    pass


class TestMemoryStoreAsQueues(QueueStoreContract):
    pass


class TestMemoryStoreInTime(TaskStoreTimesContract):
    pass


class TestMemoryStoreCredit(TaskStoreCreditContract):
    pass


class TestMemoryStoreSignals(TaskStoreSignalsContract):
    pass


class TestMemoryStoreAsOutputStore(OutputStoreContract):
    pass


class TestMemoryStoreAsWorkerStore(WorkerStoreContract):
    pass


class TestMemoryStoreFamilies(TaskStoreFamiliesContract):
    pass


class TestMemoryStoreAsFunctionStore(FunctionStoreContract):
    pass


def run_by_hand(coroutine: Coroutine[Any, Any, object]) -> None:
    """Drive a coroutine as the simulation does; it must not suspend."""
    with pytest.raises(StopIteration):
        coroutine.send(None)


def test_no_method_suspends_while_it_has_something_to_tell() -> None:
    store = MemoryStore(ManualClock())
    task = a_task()
    run_by_hand(store.put([FUNCTION]))
    run_by_hand(store.submit([task]))
    run_by_hand(store.listen("d1", 60))
    run_by_hand(store.listen("d1", 0))
    run_by_hand(store.claim("d1", "token", {TAG: 1}, LONG_MS))
    run_by_hand(store.wait([task.id], 0))
    run_by_hand(store.cancel([task.id]))
    run_by_hand(store.wait([task.id], 60))
    run_by_hand(store.outcomes([task.id]))
    store.check()


async def test_a_snapshot_is_put_back_as_often_as_wanted() -> None:
    store = MemoryStore(ManualClock())
    (attempt,) = await running(store)
    snapshot = store.snapshot()
    for _ in range(2):
        await store.complete(done([attempt]))
        store.restore(snapshot)
        store.check()
        (shown,) = await store.get([attempt.task_id])
        assert shown is not None
        assert shown.status is TaskStatus.RUNNING


async def test_closing_wakes_whoever_waits() -> None:
    store = MemoryStore(ManualClock())
    (task_id,) = await queue(store)
    await store.listen("d1", 0)
    waiting = asyncio.create_task(store.wait([task_id], 60))
    await asyncio.wait([waiting], timeout=0.01)
    await store.close()
    assert await waiting == frozenset()


async def test_a_listener_that_is_woken_for_another_listens_on() -> None:
    store = MemoryStore(ManualClock())
    (attempt,) = await running(store)
    await store.listen("d1", 0)
    await store.listen("d2", 0)
    other = asyncio.create_task(store.listen("d2", 0.2))
    await asyncio.wait([other], timeout=0.01)
    await store.cancel([attempt.task_id])
    assert await other == Hint()


async def test_an_ended_task_keeps_no_payload_but_for_one_that_may_be_tried_again() -> None:
    store = MemoryStore(ManualClock())
    attempt, fails = await running(store, a_task(b"x" * 1_000), a_task(b"y"))
    await store.complete(done([attempt]))
    await store.fail(lost([fails]))
    tasks = store.snapshot().tasks
    assert tasks[attempt.task_id].new.payload == b""
    assert tasks[fails.task_id].new.payload == b"y"


async def test_the_check_sees_a_task_in_two_places() -> None:
    store = MemoryStore(ManualClock())
    (attempt,) = await running(store)
    broken = store.snapshot()
    broken.ready[TAG, 1][attempt.task_id] = None
    store.restore(broken)
    with pytest.raises(AssertionError, match=attempt.task_id):
        store.check()


async def test_a_wall_clock_that_jumps_moves_no_lease() -> None:
    clock = ManualClock()
    store = MemoryStore(clock)
    (attempt,) = await running(store)
    clock.jump_wall(10 * LONG_MS)
    assert await store.reap(1) == []
    clock.jump_wall(-20 * LONG_MS)
    clock.advance(SHORT_MS)
    assert await store.renew([attempt], LONG_MS) == []
    assert await take(store) == []
