"""What every TaskStore does for those who wait: wait, listen, and the doorbell.

A wake-up is a hint, but none of these tests would pass if hints were never given: each waits far
longer than a poll would need only where it says so.
"""

import asyncio

from gofer.domain.identifiers import TaskId
from gofer.domain.ports import End, Hint, Store
from gofer.domain.task import Success, TaskStatus
from tests.contracts.store_backend import LONG_MS, a_task, done, lost, queue, running, take
from tests.contracts.store_contract import UNKNOWN, StoreContract

PATIENCE_S = 30.0
"""Longer than any test may take: whoever waits that long was not woken."""

MOMENT_S = 0.05


class WaitContract(StoreContract):
    async def test_waiting_for_a_task_that_has_ended_returns_at_once(self, store: Store) -> None:
        attempts = await running(store, a_task(), a_task())
        await store.complete(done(attempts[:1]))
        ids = [attempt.task_id for attempt in attempts]
        assert await store.wait(ids, PATIENCE_S) == {ids[0]}
        assert await store.wait(ids, 0) == {ids[0]}

    async def test_waiting_ends_when_time_is_up(self, store: Store) -> None:
        (task_id,) = await queue(store)
        assert await store.wait([task_id], MOMENT_S) == frozenset()
        assert await store.wait([task_id], -1) == frozenset()

    async def test_nobody_waits_for_a_task_that_does_not_exist(self, store: Store) -> None:
        (task_id,) = await queue(store)
        assert await store.wait([task_id, UNKNOWN], PATIENCE_S) == {UNKNOWN}
        assert await store.wait([UNKNOWN], 0) == {UNKNOWN}

    async def test_nobody_waits_in_a_process_that_leaves(self, store: Store) -> None:
        (task_id,) = await queue(store)
        waiting = asyncio.create_task(store.wait([task_id], PATIENCE_S))
        await asyncio.wait([waiting], timeout=MOMENT_S)
        store.wake()
        assert await waiting == frozenset()
        assert await store.wait([task_id], PATIENCE_S) == frozenset()

    async def test_each_kind_of_end_wakes_a_waiter(self, store: Store) -> None:
        completed, failed, stopped, reaped = await running(store, *(a_task() for _ in range(4)))
        (prevented,) = await queue(store)
        ids = [attempt.task_id for attempt in (completed, failed, stopped, reaped)]
        waits = [asyncio.create_task(store.wait([i], PATIENCE_S)) for i in (*ids, prevented)]
        await asyncio.wait(waits, timeout=MOMENT_S)
        await store.complete(done([completed]))
        await store.fail(lost([failed]))
        await store.cancel([ids[2], prevented])
        for _ in range(6):  # the budget of losses
            await store.start([reaped])
            await store.renew([reaped], 0)
            if (await store.reap(1))[0].failed:
                break
            reaped = (await take(store))[0].attempt
        answers = await asyncio.gather(*waits)
        assert answers == [{i} for i in (*ids, prevented)]

    async def test_many_waiters_of_one_task_are_all_woken(self, store: Store) -> None:
        (attempt,) = await running(store)
        waits = [asyncio.create_task(store.wait([attempt.task_id], PATIENCE_S)) for _ in range(20)]
        await asyncio.wait(waits, timeout=MOMENT_S)
        await store.complete(done([attempt]))
        assert await asyncio.gather(*waits) == [{attempt.task_id}] * 20

    async def test_a_waiter_that_gives_up_leaves_the_others(self, store: Store) -> None:
        (attempt,) = await running(store)
        quitter = asyncio.create_task(store.wait([attempt.task_id], PATIENCE_S))
        patient = asyncio.create_task(store.wait([attempt.task_id], PATIENCE_S))
        await asyncio.wait([quitter, patient], timeout=MOMENT_S)
        quitter.cancel()
        await asyncio.wait([quitter])
        await store.complete(done([attempt]))
        assert await patient == {attempt.task_id}

    async def test_another_try_wakes_nobody(self, store: Store) -> None:
        (attempt,) = await running(store)
        waiting = asyncio.create_task(store.wait([attempt.task_id], MOMENT_S))
        await store.release([attempt])
        assert await waiting == frozenset()


async def end_of(store: Store, task_id: TaskId) -> End:
    """Return how a task ended that must have."""
    (found,) = await store.outcomes([task_id])
    assert found is not None
    task, outcome = found
    assert outcome is not None
    return End(task.status, outcome)


class ExpectContract(StoreContract):
    async def test_who_expects_a_task_learns_of_its_end(self, store: Store) -> None:
        await queue(store)  # the function is there
        task = a_task()
        with store.expect(task.id) as expected:
            await store.submit([task])
            waiting = asyncio.create_task(expected.ended(PATIENCE_S))
            await asyncio.wait([waiting], timeout=MOMENT_S)
            leased = await take(store, limit=2)
            await store.complete(done([each.attempt for each in leased]))
            end = await waiting or await end_of(store, task.id)
        assert end == (TaskStatus.COMPLETED, Success(b"result"))

    async def test_what_ends_before_somebody_who_expects_it_waits_is_not_missed(
        self, store: Store
    ) -> None:
        await queue(store)
        for _ in range(2):  # the second time whatever it takes to hear is there
            task = a_task()
            with store.expect(task.id) as expected:
                await store.submit([task])
                leased = await take(store, limit=2)
                await store.complete(done([each.attempt for each in leased]))
                end = await expected.ended(PATIENCE_S) or await end_of(store, task.id)
            assert end == (TaskStatus.COMPLETED, Success(b"result"))

    async def test_each_kind_of_end_wakes_who_expects_it(self, store: Store) -> None:
        await queue(store)
        failed, cancelled = a_task(), a_task()
        with store.expect(failed.id) as first, store.expect(cancelled.id) as second:
            await store.submit([failed, cancelled])
            leased = {each.attempt.task_id: each.attempt for each in await take(store, limit=3)}
            waits = [asyncio.create_task(each.ended(PATIENCE_S)) for each in (first, second)]
            await asyncio.wait(waits, timeout=MOMENT_S)
            await store.fail(lost([leased[failed.id]]))
            await store.cancel([cancelled.id])
            await asyncio.gather(*waits)
        told = await store.get([failed.id, cancelled.id])
        assert [task and task.status for task in told] == [
            TaskStatus.FAILED,
            TaskStatus.CANCELLED,
        ]

    async def test_who_expects_a_task_waits_no_longer_than_said(self, store: Store) -> None:
        await queue(store)
        task = a_task()
        with store.expect(task.id) as expected:
            await store.submit([task])
            assert await expected.ended(MOMENT_S) is None

    async def test_nobody_expects_anything_in_a_process_that_leaves(self, store: Store) -> None:
        await queue(store)
        task = a_task()
        with store.expect(task.id) as expected:
            await store.submit([task])
            waiting = asyncio.create_task(expected.ended(PATIENCE_S))
            await asyncio.wait([waiting], timeout=MOMENT_S)
            store.wake()
            assert await waiting is None


class ListenContract(StoreContract):
    async def test_the_first_listening_hints_at_work_for_rings_may_have_been_missed(
        self, store: Store
    ) -> None:
        assert await store.listen("d1", PATIENCE_S) == Hint(work=True)
        assert await store.listen("d1", 0) == Hint()

    async def test_every_listener_is_rung_so_that_none_takes_a_ring_from_another(
        self, store: Store
    ) -> None:
        await store.listen("d1", 0)
        await store.listen("d2", 0)
        await queue(store)
        assert await store.listen("d1", PATIENCE_S) == Hint(work=True)
        assert await store.listen("d2", PATIENCE_S) == Hint(work=True)

    async def test_silence_ends_when_time_is_up(self, store: Store) -> None:
        await store.listen("d1", 0)
        assert await store.listen("d1", MOMENT_S) == Hint()
        assert await store.listen("d1", 0) == Hint()

    async def test_a_submit_rings_once(self, store: Store) -> None:
        await store.listen("d1", 0)
        await queue(store, a_task(), a_task())
        await queue(store)
        assert await store.listen("d1", PATIENCE_S) == Hint(work=True)
        assert await store.listen("d1", 0) == Hint()

    async def test_a_submit_wakes_a_listener(self, store: Store) -> None:
        await store.listen("d1", 0)
        listening = asyncio.create_task(store.listen("d1", PATIENCE_S))
        await asyncio.wait([listening], timeout=MOMENT_S)
        await queue(store)
        assert await listening == Hint(work=True)

    async def test_a_delayed_task_rings_too_for_its_time_must_be_known(self, store: Store) -> None:
        await store.listen("d1", 0)
        await queue(store, a_task(delay_ms=LONG_MS))
        assert await store.listen("d1", 0) == Hint(work=True)

    async def test_a_refused_submit_does_not_ring(self, store: Store) -> None:
        await store.listen("d1", 0)
        await store.submit([a_task()])
        assert await store.listen("d1", 0) == Hint()

    async def test_a_claim_rings_again_only_when_due_tasks_are_left(self, store: Store) -> None:
        await queue(store, a_task(), a_task())
        await store.listen("d1", 0)
        await take(store, limit=1)
        assert await store.listen("d1", 0) == Hint(work=True)
        await take(store, limit=1)
        assert await store.listen("d1", 0) == Hint()

    async def test_whatever_comes_back_to_the_queue_rings(self, store: Store) -> None:
        released, reaped = await running(store, a_task(), a_task())
        await store.listen("d1", 0)
        await store.release([released])
        assert await store.listen("d1", 0) == Hint(work=True)
        await store.renew([reaped], 0)
        await store.reap(1)
        assert await store.listen("d1", 0) == Hint(work=True)

    async def test_the_owner_of_a_cancelled_running_task_is_told_once(self, store: Store) -> None:
        attempts = await running(store, a_task(), a_task())
        ids = tuple(attempt.task_id for attempt in attempts)
        await store.listen("d1", 0)
        await store.listen("d2", 0)
        await store.cancel(ids)
        assert await store.listen("d2", 0) == Hint()
        assert await store.listen("d1", PATIENCE_S) == Hint(cancelled=ids)
        assert await store.listen("d1", 0) == Hint()

    async def test_a_cancel_wakes_a_listener_and_goes_before_work(self, store: Store) -> None:
        (attempt,) = await running(store)
        await store.listen("d1", 0)
        listening = asyncio.create_task(store.listen("d1", PATIENCE_S))
        await asyncio.wait([listening], timeout=MOMENT_S)
        await store.cancel([attempt.task_id])
        assert await listening == Hint(cancelled=(attempt.task_id,))

    async def test_who_adopted_a_task_is_told_of_its_cancel(self, store: Store) -> None:
        (attempt,) = await running(store)
        await store.listen("d1", 0)
        await store.listen("d2", 0)
        await store.adopt("d2", [attempt], LONG_MS)
        await store.cancel([attempt.task_id])
        assert await store.listen("d1", 0) == Hint()
        assert await store.listen("d2", 0) == Hint(cancelled=(attempt.task_id,))

    async def test_the_cancel_of_a_queued_task_is_told_to_nobody(self, store: Store) -> None:
        ids = await queue(store)
        await store.listen("d1", 0)
        await store.cancel(ids)
        assert await store.listen("d1", 0) == Hint()


class TaskStoreSignalsContract(WaitContract, ExpectContract, ListenContract):
    """All; an adapter's test class inherits from this one."""
