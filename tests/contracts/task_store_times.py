"""What every TaskStore does about time: starts, leases, delays, retention.

Time passes only through ``Backend.advance``. A lease or delay is either SHORT_MS, and the test
lets it end, or LONG_MS, and it does not end during the test, however slow the machine is.
"""

import pytest

from gofer.domain.policy import Charge, Requeue
from gofer.domain.ports import Reaped, Store, Written
from gofer.domain.task import Budget, Cause, Failure, Spent, TaskStatus
from tests.contracts.store_backend import (
    LONG_MS,
    SHORT_MS,
    TAG,
    Backend,
    OpenBackend,
    a_task,
    done,
    lost,
    queue,
    running,
    take,
    taken_ids,
)
from tests.contracts.store_contract import StoreContract


class LeaseContract(StoreContract):
    async def test_a_start_is_dated_once(self, backend: Backend) -> None:
        store = backend.store
        (attempt,) = await running(store)
        await backend.advance(SHORT_MS)
        assert await store.start([attempt]) == [Written.RECORDED]
        (first,) = await store.get([attempt.task_id])
        await backend.advance(SHORT_MS)
        assert await store.start([attempt]) == [Written.RECORDED]
        assert await store.get([attempt.task_id]) == [first]
        assert first is not None
        assert first.started_at_ms is not None
        assert first.started_at_ms >= first.created_at_ms + SHORT_MS

    async def test_a_lease_that_has_not_expired_is_not_reaped(self, store: Store) -> None:
        await running(store)
        assert await store.reap(100) == []

    async def test_an_expired_lease_of_an_attempt_that_began_is_a_loss(
        self, backend: Backend
    ) -> None:
        store = backend.store
        (attempt,) = await running(store, lease_ms=SHORT_MS)
        await store.start([attempt])
        await backend.advance(SHORT_MS)
        assert await store.reap(100) == [Reaped(attempt, failed=False)]
        assert await store.reap(100) == []
        (shown,) = await store.get([attempt.task_id])
        assert shown is not None
        assert (shown.status, shown.spent) == (TaskStatus.QUEUED, Spent(losses=1))
        assert shown.started_at_ms is None

    async def test_an_expired_lease_of_an_attempt_that_never_began_costs_nothing(
        self, backend: Backend
    ) -> None:
        store = backend.store
        (attempt,) = await running(store, a_task(budget=Budget(redeliveries=0)), lease_ms=SHORT_MS)
        await backend.advance(SHORT_MS)
        assert await store.reap(100) == [Reaped(attempt, failed=False)]
        (again,) = await take(store)
        assert (again.attempt.number, again.spent) == (2, Spent())

    async def test_a_task_whose_losses_are_used_up_fails(self, backend: Backend) -> None:
        store = backend.store
        (task_id,) = await queue(store, a_task(budget=Budget(redeliveries=1)))
        for losses in (1, 2):
            (leased,) = await take(store, lease_ms=SHORT_MS)
            await store.start([leased.attempt])
            await backend.advance(SHORT_MS)
            assert await store.reap(1) == [Reaped(leased.attempt, failed=False)]
            (shown,) = await store.get([task_id])
            assert shown is not None
            assert shown.spent == Spent(losses=losses)
        (leased,) = await take(store, lease_ms=SHORT_MS)
        await store.start([leased.attempt])
        await backend.advance(SHORT_MS)
        assert await store.reap(1) == [Reaped(leased.attempt, failed=True)]
        (found,) = await store.outcomes([task_id])
        assert found is not None
        task, outcome = found
        assert (task.status, task.attempt, task.spent) == (TaskStatus.FAILED, 3, Spent(losses=2))
        assert isinstance(outcome, Failure)
        assert (outcome.cause, outcome.attempt) == (Cause.WORKER_LOST, 3)
        assert await store.complete(done([leased.attempt])) == [Written.STALE]
        assert await store.fail(lost([leased.attempt])) == [Written.STALE]

    async def test_a_reaped_attempt_may_not_write_any_more(self, backend: Backend) -> None:
        store = backend.store
        (attempt,) = await running(store, lease_ms=SHORT_MS)
        await backend.advance(SHORT_MS)
        await store.reap(1)
        assert await store.complete(done([attempt])) == [Written.STALE]
        assert await store.fail(lost([attempt])) == [Written.STALE]
        assert await store.release([attempt]) == [Written.STALE]
        assert await store.renew([attempt], LONG_MS) == [attempt]

    async def test_an_expired_lease_that_nobody_reaped_is_still_valid(
        self, backend: Backend
    ) -> None:
        store = backend.store
        renewed, completed, adopted = await running(
            store, a_task(), a_task(), a_task(), lease_ms=SHORT_MS
        )
        await backend.advance(SHORT_MS)
        assert await store.renew([renewed], LONG_MS) == []
        assert await store.complete(done([completed])) == [Written.RECORDED]
        (leased,) = await store.adopt("d2", [adopted], LONG_MS)
        assert leased is not None
        assert await store.reap(100) == []

    async def test_a_renewal_moves_the_end_of_the_lease(self, backend: Backend) -> None:
        store = backend.store
        (attempt,) = await running(store, lease_ms=LONG_MS)
        assert await store.renew([attempt], SHORT_MS) == []
        await backend.advance(SHORT_MS)
        assert await store.reap(100) == [Reaped(attempt, failed=False)]

    async def test_reaped_tasks_come_first_in_the_order_of_their_expiry(
        self, backend: Backend
    ) -> None:
        store = backend.store
        attempts = await running(store, a_task(), a_task(), a_task(), lease_ms=LONG_MS)
        for attempt in reversed(attempts):
            await store.renew([attempt], SHORT_MS)
            await backend.advance(SHORT_MS)
        waiting = await queue(store)
        assert [reaped.attempt for reaped in await store.reap(100)] == attempts[::-1]
        assert await taken_ids(store) == [a.task_id for a in attempts[::-1]] + waiting

    async def test_a_reap_takes_no_more_than_its_limit(self, backend: Backend) -> None:
        store = backend.store
        await running(store, a_task(), a_task(), a_task(), lease_ms=SHORT_MS)
        await backend.advance(SHORT_MS)
        assert [len(await store.reap(2)) for _ in range(3)] == [2, 1, 0]

    async def test_more_leases_than_one_script_call_takes_are_reaped(
        self, backend: Backend
    ) -> None:
        store = backend.store
        attempts = await running(store, *(a_task() for _ in range(100)), lease_ms=SHORT_MS)
        attempts += await running(store, *(a_task() for _ in range(30)), lease_ms=SHORT_MS)
        await backend.advance(SHORT_MS)
        reaped = await store.reap(1_000)
        assert {each.attempt for each in reaped} == set(attempts)
        assert len(reaped) == len(attempts)


class DelayContract(StoreContract):
    async def test_a_delayed_task_is_not_claimed_before_it_is_due(self, store: Store) -> None:
        await queue(store, a_task(delay_ms=LONG_MS))
        claim = await store.claim("d1", "token", {TAG: 10}, LONG_MS)
        assert claim.tasks == ()
        assert claim.next_due_ms is not None
        assert 0 < claim.next_due_ms <= LONG_MS

    async def test_nothing_delayed_means_no_next_due(self, store: Store) -> None:
        await queue(store)
        assert (await store.claim("d1", "token", {TAG: 10}, LONG_MS)).next_due_ms is None

    async def test_a_due_task_goes_to_the_tail_of_its_queue(self, backend: Backend) -> None:
        store = backend.store
        late, early = await queue(store, a_task(delay_ms=SHORT_MS + 1), a_task(delay_ms=1))
        await backend.advance(2 * SHORT_MS)
        (waiting,) = await queue(store)
        (urgent,) = await queue(store, a_task(priority=0))
        assert await taken_ids(store) == [urgent, waiting, early, late]

    async def test_another_try_can_be_delayed(self, backend: Backend) -> None:
        store = backend.store
        (attempt,) = await running(store)
        await store.fail(lost([attempt], Requeue(Charge.RETRY, LONG_MS)))
        assert await taken_ids(store) == []
        (shown,) = await store.get([attempt.task_id])
        assert shown is not None
        assert shown.status is TaskStatus.QUEUED

    @pytest.mark.parametrize("charge", list(Charge))
    async def test_a_delayed_try_comes_when_it_is_due(
        self, backend: Backend, charge: Charge
    ) -> None:
        store = backend.store
        (attempt,) = await running(store)
        await store.fail(lost([attempt], Requeue(charge, SHORT_MS)))
        await backend.advance(SHORT_MS)
        assert await taken_ids(store) == [attempt.task_id]

    async def test_a_release_can_be_delayed(self, backend: Backend) -> None:
        store = backend.store
        held, soon = await running(store, a_task(), a_task())
        await store.release([held], delay_ms=LONG_MS)
        await store.release([soon], delay_ms=SHORT_MS, reason="later")
        await backend.advance(SHORT_MS)
        assert await taken_ids(store) == [soon.task_id]


class RetentionContract(StoreContract):
    async def test_an_ended_task_is_gone_after_its_retention(
        self, open_backend: OpenBackend
    ) -> None:
        backend = open_backend(retention_ms=SHORT_MS)
        store = backend.store
        completed, failed, cancelled, reaped = await running(
            store, *(a_task(budget=Budget(redeliveries=0)) for _ in range(4))
        )
        (prevented,) = await queue(store)
        await store.start([reaped])
        await store.renew([reaped], 0)
        await store.complete(done([completed]))
        await store.fail(lost([failed]))
        await store.cancel([cancelled.task_id, prevented])
        assert await store.reap(1) == [Reaped(reaped, failed=True)]
        await backend.advance(SHORT_MS)
        attempts = (completed, failed, cancelled, reaped)
        ids = [*(attempt.task_id for attempt in attempts), prevented]
        assert await store.get(ids) == [None] * 5
        assert await store.complete(done(attempts)) == [Written.GONE] * 4
        assert await taken_ids(store) == []

    async def test_an_unfinished_task_is_kept(self, open_backend: OpenBackend) -> None:
        backend = open_backend(retention_ms=SHORT_MS)
        store = backend.store
        (attempt,) = await running(store)
        (queued,) = await queue(store)
        await backend.advance(2 * SHORT_MS)
        assert None not in await store.get([attempt.task_id, queued])


class TaskStoreTimesContract(LeaseContract, DelayContract, RetentionContract):
    """The three of them; an adapter's test class inherits from this one."""
