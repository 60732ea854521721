"""What is shown of workers, and the use cases about them."""

from dataclasses import replace

import pytest

from gofer.adapters.memory.clock import ManualClock
from gofer.adapters.memory.store import MemoryStore
from gofer.domain.errors import NotFound
from gofer.domain.identifiers import WorkerId
from gofer.domain.ports import Muster, WorkerState
from gofer.domain.ports.workers import FORGOTTEN_AFTER_MS, LOST_AFTER_MS, records_of
from gofer.domain.workers import Workers
from tests.contracts.worker_store import sighting

W1 = WorkerId("w1")
NOON_MS = 1_700_000_000_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(clock: ManualClock) -> MemoryStore:
    return MemoryStore(clock)


@pytest.mark.parametrize(
    ("age_ms", "state"),
    [(0, WorkerState.READY), (LOST_AFTER_MS - 1, WorkerState.READY), (LOST_AFTER_MS, "lost")],
)
def test_workers_of_a_dispatcher_that_is_silent_are_lost(age_ms: int, state: WorkerState) -> None:
    muster = Muster("d1", "push", NOON_MS, (sighting(),))
    (record,) = records_of([muster], NOON_MS + age_ms)
    assert record.state == state
    assert record.seen_at_ms == NOON_MS - 1_500


def test_workers_of_a_dispatcher_that_is_silent_for_long_are_forgotten() -> None:
    muster = Muster("d1", "push", NOON_MS, (sighting(),))
    assert records_of([muster], NOON_MS + FORGOTTEN_AFTER_MS) == []


@pytest.mark.parametrize("turned", [False, True])
def test_a_worker_that_went_to_a_second_dispatcher_is_shown_once(turned: bool) -> None:  # noqa: FBT001
    old = Muster("d1", "push", NOON_MS, (sighting(),))
    new = Muster("d2", "push", NOON_MS + 100, (sighting(),))
    (record,) = records_of([new, old] if turned else [old, new], NOON_MS + 200)
    assert record.dispatcher == "d2"


async def test_a_worker_is_found_by_its_id(store: MemoryStore) -> None:
    await store.workers.muster("d1", "push", [sighting("w1"), sighting("w2")])
    workers = Workers(store.workers)
    assert [each.id for each in await workers.list()] == ["w1", "w2"]
    assert (await workers.get(WorkerId("w2"))).id == "w2"


async def test_an_unknown_worker_is_not_found(store: MemoryStore) -> None:
    workers = Workers(store.workers)
    for ask in (workers.get, workers.drain):
        with pytest.raises(NotFound, match="there is no worker w9"):
            await ask(WorkerId("w9"))


async def test_a_worker_that_is_asked_to_drain_is_shown_so_at_once(store: MemoryStore) -> None:
    await store.workers.muster("d1", "push", [sighting()])
    record = await Workers(store.workers).drain(W1)
    assert record.state is WorkerState.DRAINING
    assert await store.workers.muster("d1", "push", [sighting()]) == {W1}


async def test_a_lost_worker_that_is_asked_to_drain_is_still_lost(store: MemoryStore) -> None:
    lost = replace(sighting(), state=WorkerState.LOST)
    await store.workers.muster("d1", "push", [lost])
    assert (await Workers(store.workers).drain(W1)).state is WorkerState.LOST


async def test_what_is_old_is_forgotten(store: MemoryStore, clock: ManualClock) -> None:
    await store.workers.muster("d1", "push", [sighting()])
    clock.advance(FORGOTTEN_AFTER_MS)
    assert await store.workers.workers() == []
