"""What every TaskStore does with credit: tasks that come alone are leased by the submit itself."""

import asyncio

from gofer.domain.policy import HANDED_BYTES, HANDED_MOST, HANDED_MS
from gofer.domain.ports import Credit, Hint, Store, Written
from gofer.domain.task import Spent, TaskStatus
from tests.contracts.store_backend import (
    FOREIGN_TAG,
    LONG_MS,
    TAG,
    Backend,
    a_task,
    done,
    queue,
    take,
)
from tests.contracts.store_contract import StoreContract
from tests.contracts.task_store_signals import MOMENT_S, PATIENCE_S


async def gives_credit(store: Store, most: int = 2, owner: str = "d1") -> None:
    """Have a dispatcher listen that has nothing to hear, and give it credit."""
    await store.listen(owner, 0)
    assert await store.listen(owner, 0, Credit("t1", {TAG: most}, LONG_MS)) == Hint()


class TaskStoreCreditContract(StoreContract):
    async def test_a_task_that_comes_alone_is_handed_over(self, store: Store) -> None:
        await gives_credit(store)
        task = a_task(b"arguments")
        await queue(store, task)
        (leased,) = (await store.listen("d1", PATIENCE_S)).tasks
        assert leased.attempt == (task.id, 1, "t1")
        assert (leased.payload, leased.function_id) == (b"arguments", task.function_id)
        (shown,) = await store.get([task.id])
        assert shown is not None
        assert (shown.status, shown.attempt) == (TaskStatus.RUNNING, 1)
        assert await store.complete(done([leased.attempt])) == [Written.RECORDED]

    async def test_a_listener_is_woken_by_what_is_handed_over(self, store: Store) -> None:
        await store.listen("d1", 0)
        credit = Credit("t1", {TAG: 1}, LONG_MS)
        listening = asyncio.create_task(store.listen("d1", PATIENCE_S, credit))
        await asyncio.wait([listening], timeout=MOMENT_S)
        (task_id,) = await queue(store)
        assert [leased.attempt.task_id for leased in (await listening).tasks] == [task_id]

    async def test_nothing_rings_for_what_is_handed_over(self, store: Store) -> None:
        await store.listen("d2", 0)
        await gives_credit(store)
        await queue(store)
        assert await store.listen("d2", 0) == Hint()
        assert (await store.listen("d1", 0)).tasks
        assert await store.listen("d1", 0) == Hint()

    async def test_credit_holds_for_one_submit(self, store: Store) -> None:
        await gives_credit(store)
        first, second = a_task(), a_task()
        await queue(store, first)
        await queue(store, second)
        assert len((await store.listen("d1", 0)).tasks) == 1
        assert await store.listen("d1", 0) == Hint(work=True)
        assert [leased.attempt.task_id for leased in await take(store)] == [second.id]

    async def test_no_more_is_handed_over_than_the_credit_says(self, store: Store) -> None:
        await gives_credit(store, most=2)
        ids = await queue(store, a_task(), a_task(), a_task())
        handed = (await store.listen("d1", 0)).tasks
        assert [leased.attempt.task_id for leased in handed] == ids[:2]
        assert await store.listen("d1", 0) == Hint(work=True)

    async def test_a_claim_of_its_owner_ends_a_credit(self, store: Store) -> None:
        await gives_credit(store)
        await take(store)
        await queue(store)
        assert await store.listen("d1", 0) == Hint(work=True)

    async def test_a_listen_without_credit_ends_it(self, store: Store) -> None:
        await gives_credit(store)
        assert await store.listen("d1", 0) == Hint()
        await queue(store)
        assert await store.listen("d1", 0) == Hint(work=True)

    async def test_what_waits_goes_before_what_comes(self, store: Store) -> None:
        (waiting,) = await queue(store)
        await store.listen("d1", 0)
        await gives_credit(store)
        (late,) = await queue(store)
        assert await store.listen("d1", 0) == Hint(work=True)
        assert [leased.attempt.task_id for leased in await take(store)] == [waiting, late]

    async def test_long_payloads_and_many_at_once_are_claimed(self, store: Store) -> None:
        await gives_credit(store, most=100)
        await queue(store, a_task(bytes(HANDED_BYTES + 1)))
        assert await store.listen("d1", 0) == Hint(work=True)
        assert len(await take(store)) == 1
        await gives_credit(store, most=100)
        await queue(store, *(a_task() for _ in range(HANDED_MOST + 1)))
        assert await store.listen("d1", 0) == Hint(work=True)

    async def test_nothing_is_handed_over_that_may_not_be_claimed_yet(self, store: Store) -> None:
        await store.queues.pause(1)
        await gives_credit(store)
        await queue(store, a_task(delay_ms=LONG_MS), a_task(priority=1))
        assert await store.listen("d1", 0) == Hint(work=True)
        assert await take(store) == []

    async def test_nobody_is_given_what_its_workers_cannot_run(self, store: Store) -> None:
        await store.listen("d1", 0)
        await store.listen("d1", 0, Credit("t1", {FOREIGN_TAG: 5}, LONG_MS))
        await queue(store)
        assert await store.listen("d1", 0) == Hint(work=True)

    async def test_credit_that_is_taken_back_brings_nothing_and_wakes_the_listener(
        self, store: Store
    ) -> None:
        await store.listen("d1", 0)
        credit = Credit("t1", {TAG: 1}, LONG_MS)
        listening = asyncio.create_task(store.listen("d1", PATIENCE_S, credit))
        await asyncio.wait([listening], timeout=MOMENT_S)
        assert await store.hush("d1") == Hint()
        assert await listening == Hint(work=True)
        await queue(store)
        assert await store.listen("d1", 0) == Hint(work=True)

    async def test_whoever_takes_its_credit_back_gets_what_was_handed_over(
        self, store: Store
    ) -> None:
        await gives_credit(store)
        (task_id,) = await queue(store)
        assert [leased.attempt.task_id for leased in (await store.hush("d1")).tasks] == [task_id]
        assert await store.listen("d1", 0) == Hint(work=True)

    async def test_what_nobody_comes_for_goes_to_another_and_costs_nothing(
        self, backend: Backend
    ) -> None:
        store = backend.store
        await gives_credit(store)
        (task_id,) = await queue(store)
        assert await take(store, owner="d2") == []
        await backend.advance(HANDED_MS)
        (leased,) = await take(store, owner="d2", fence="t2")
        assert leased.attempt == (task_id, 2, "t2")
        assert leased.spent == Spent()
        assert await store.listen("d1", 0) == Hint(work=True)

    async def test_a_claim_says_when_what_was_handed_over_may_come_back(self, store: Store) -> None:
        await gives_credit(store)
        await queue(store)
        claim = await store.claim("d2", "t2", {TAG: 1}, LONG_MS)
        assert claim.next_due_ms is not None
        assert 0 < claim.next_due_ms <= HANDED_MS

    async def test_the_cancel_of_a_task_that_is_handed_over_comes_with_it(
        self, store: Store
    ) -> None:
        await gives_credit(store)
        (task_id,) = await queue(store)
        await store.cancel([task_id])
        hint = await store.listen("d1", PATIENCE_S)
        assert [leased.attempt.task_id for leased in hint.tasks] == [task_id]
        assert hint.cancelled == (task_id,)
