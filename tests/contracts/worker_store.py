"""What every WorkerStore does, in code; see ``task_store.py`` for how adapters use it."""

from dataclasses import replace

from gofer.domain.function import Environment
from gofer.domain.identifiers import TaskId, WorkerId, uuid7
from gofer.domain.ports import Sighting, Store, WorkerRecord, WorkerState
from gofer.domain.ports.workers import RUNNING_MOST
from tests.contracts.store_backend import Backend
from tests.contracts.store_contract import StoreContract

RUNNING = tuple(TaskId(uuid7(1_700_000_000_000, n)) for n in range(RUNNING_MOST))


def sighting(worker: str = "w1", incarnation: str = "w1.1") -> Sighting:
    """Return a worker as its dispatcher sees it."""
    return Sighting(
        id=WorkerId(worker),
        incarnation=incarnation,
        host="größe 1",
        pid=4711,
        environment=Environment("cpython", (3, 11), "0.4.1"),
        slots=2,
        in_hand=3,
        running=RUNNING[:2],
        state=WorkerState.READY,
        connected_ago_ms=60_000,
        seen_ago_ms=1_500,
    )


async def the_only(store: Store) -> WorkerRecord:
    (record,) = await store.workers.workers()
    return record


class WorkerStoreContract(StoreContract):
    async def test_nobody_is_there_at_first(self, store: Store) -> None:
        assert await store.workers.workers() == []

    async def test_workers_are_shown_as_their_dispatcher_wrote_them(self, store: Store) -> None:
        seen = sighting()
        assert await store.workers.muster("d 1", "push", [seen]) == frozenset()
        record = await the_only(store)
        assert (record.id, record.incarnation, record.mode) == (seen.id, "w1.1", "push")
        assert (record.host, record.pid, record.dispatcher) == (seen.host, 4711, "d 1")
        assert (record.environment, record.state) == (seen.environment, WorkerState.READY)
        assert (record.slots, record.in_hand, record.running) == (2, 3, RUNNING[:2])
        assert record.seen_at_ms - record.connected_at_ms == 58_500

    async def test_a_muster_takes_the_place_of_the_last_one(self, store: Store) -> None:
        await store.workers.muster("d1", "pull", [sighting("w1"), sighting("w2")])
        await store.workers.muster("d1", "pull", [replace(sighting("w2"), in_hand=9)])
        assert [(r.id, r.in_hand) for r in await store.workers.workers()] == [("w2", 9)]
        await store.workers.muster("d1", "pull", [])
        assert await store.workers.workers() == []

    async def test_the_workers_of_all_dispatchers_are_shown_by_id(self, store: Store) -> None:
        await store.workers.muster("d1", "pull", [sighting("w3"), sighting("w1")])
        await store.workers.muster("d2", "push", [sighting("w2")])
        shown = [(r.id, r.dispatcher) for r in await store.workers.workers()]
        assert shown == [("w1", "d1"), ("w2", "d2"), ("w3", "d1")]

    async def test_a_worker_of_two_dispatchers_is_with_the_one_that_heard_of_it_last(
        self, store: Store
    ) -> None:
        await store.workers.muster("d1", "push", [replace(sighting(), seen_ago_ms=9_000)])
        await store.workers.muster("d2", "push", [replace(sighting(), seen_ago_ms=10)])
        assert (await the_only(store)).dispatcher == "d2"

    async def test_a_hundred_workers_with_a_hundred_tasks_each_are_no_special_case(
        self, store: Store
    ) -> None:
        many = [replace(sighting(f"w{n:03}"), running=RUNNING) for n in range(100)]
        await store.workers.muster("d1", "push", many)
        records = await store.workers.workers()
        assert [r.id for r in records] == [each.id for each in many]
        assert {r.running for r in records} == {RUNNING}

    async def test_a_wish_to_drain_reaches_the_dispatcher_with_each_muster(
        self, store: Store
    ) -> None:
        both = [sighting("w1"), sighting("w2")]
        await store.workers.muster("d1", "push", both)
        first, _ = await store.workers.workers()
        await store.workers.wish_drain(first)
        await store.workers.wish_drain(first)
        for _ in range(2):
            assert await store.workers.muster("d1", "push", both) == {"w1"}
        assert await store.workers.muster("d1", "push", both[1:]) == frozenset()
        assert await store.workers.muster("d2", "push", both[:1]) == {"w1"}

    async def test_a_wish_is_seen_at_once_and_can_be_taken_back(self, store: Store) -> None:
        await store.workers.muster("d1", "push", [sighting()])
        record = await the_only(store)
        assert record.state is WorkerState.READY
        await store.workers.wish_drain(record)
        found = await the_only(store)
        assert (found.state, found.takes_tasks) == (WorkerState.READY, False)
        assert await store.workers.muster("d1", "push", [sighting()]) == {"w1"}
        assert (await store.listen("d1", 0)).work
        for _ in range(2):
            await store.workers.wish_drain(record, drain=False)
        assert (await store.listen("d1", 0)).work
        assert (await the_only(store)).takes_tasks
        assert await store.workers.muster("d1", "push", [sighting()]) == frozenset()

    async def test_a_wish_is_not_for_another_process_of_the_same_name(self, store: Store) -> None:
        await store.workers.muster("d1", "push", [sighting()])
        await store.workers.wish_drain(await the_only(store))
        restarted = sighting(incarnation="w1.2")
        assert await store.workers.muster("d1", "push", [restarted]) == frozenset()

    async def test_a_wish_rings_for_the_dispatcher_of_the_worker(self, store: Store) -> None:
        await store.workers.muster("d 1", "push", [sighting()])
        for owner in ("d 1", "d2"):
            assert (await store.listen(owner, 0)).work
            assert not (await store.listen(owner, 0)).work
        await store.workers.wish_drain(await the_only(store))
        assert not (await store.listen("d2", 0)).work
        assert (await store.listen("d 1", 0)).work

    async def test_times_are_by_the_clock_of_the_store(self, backend: Backend) -> None:
        store = backend.store
        await store.workers.muster("d1", "push", [sighting()])
        before = (await the_only(store)).seen_at_ms
        await backend.advance(20)
        await store.workers.muster("d1", "push", [sighting()])
        assert (await the_only(store)).seen_at_ms >= before + 20
