"""What every TaskStore does with what a client says of a task beside its priority and its delay.

A part of ``TaskStoreContract`` (``task_store.py``).
"""

from gofer.domain.policy import Charge, Requeue
from gofer.domain.ports import Reaped, Store
from gofer.domain.task import Backoff, Budget, Cause, Failure, TaskStatus
from tests.contracts.store_backend import (
    LONG_MS,
    SHORT_MS,
    Backend,
    a_task,
    lost,
    queue,
    running,
    take,
    taken_ids,
)
from tests.contracts.task_store_results import ResultContract

LIFE_MS = 1_500
"""Long enough for a claim, however slow the machine is; then it passes."""

TAGS = ("sweep 7", "a,b;c d", "ü")


class OptionContract(ResultContract):
    async def test_tags_expiry_and_backoff_are_kept_through_all_of_a_life(
        self, store: Store
    ) -> None:
        backoff = Backoff(initial_ms=5, factor=1.5, most_ms=50, jitter=0.25)
        task = a_task(budget=Budget(1, 0, 7, backoff))._replace(
            tags=TAGS, expires_at_ms=99_000_000_000_000
        )
        await queue(store, task)
        (leased,) = await take(store)
        assert leased.budget == task.budget
        await store.fail(lost([leased.attempt], Requeue(Charge.RETRY, 0)))
        (again,) = await take(store)
        await store.fail(lost([again.attempt]))
        (shown,) = await store.get([task.id])
        assert shown is not None
        assert (shown.tags, shown.expires_at_ms, shown.budget) == (
            TAGS,
            task.expires_at_ms,
            task.budget,
        )

    async def test_a_task_whose_time_has_passed_ends_instead_of_being_claimed(
        self, store: Store
    ) -> None:
        late, early = a_task()._replace(expires_at_ms=1), a_task()
        await queue(store, late, early)
        assert await taken_ids(store) == [early.id]
        (found,) = await store.outcomes([late.id])
        assert found is not None
        task, outcome = found
        assert task.status is TaskStatus.EXPIRED
        assert task.started_at_ms is None
        assert isinstance(outcome, Failure)
        assert outcome.cause is Cause.EXPIRED

    async def test_a_task_that_nobody_claims_expires_where_leases_are_looked_after(
        self, store: Store
    ) -> None:
        waiting, delayed = (
            a_task(delay_ms=delay)._replace(expires_at_ms=1) for delay in (0, LONG_MS)
        )
        await queue(store, waiting, delayed)
        assert await store.reap(10) == []
        for task in await store.get([waiting.id, delayed.id]):
            assert task is not None
            assert task.status is TaskStatus.EXPIRED
        assert await store.wait([waiting.id, delayed.id], 0) == {waiting.id, delayed.id}

    async def test_more_tasks_than_one_look_ends_all_expire_before_one_is_given(
        self, store: Store
    ) -> None:
        late = [a_task()._replace(expires_at_ms=1) for _ in range(250)]
        await queue(store, *late)
        assert await taken_ids(store) == []
        assert {task.status for task in await store.get([each.id for each in late]) if task} == {
            TaskStatus.EXPIRED
        }

    async def test_an_attempt_that_runs_is_left_alone_and_its_task_not_started_again(
        self, backend: Backend
    ) -> None:
        store = backend.store
        (born,) = await queue(store)
        (shown,) = await store.get([born])
        assert shown is not None
        task = a_task()._replace(expires_at_ms=shown.created_at_ms + LIFE_MS)
        (_, attempt) = await running(store, task)
        await backend.advance(LIFE_MS)
        assert await store.reap(10) == []
        assert await store.renew([attempt], 0) == []
        await backend.advance(SHORT_MS)
        assert await store.reap(10) == [Reaped(attempt, failed=False)]
        assert await taken_ids(store) == []
        (ended,) = await store.get([task.id])
        assert ended is not None
        assert ended.status is TaskStatus.EXPIRED

    async def test_when_a_task_is_due_is_shown_while_it_is_delayed(self, store: Store) -> None:
        soon, later = await queue(store, a_task(), a_task(delay_ms=LONG_MS))
        now, then = await store.get([soon, later])
        assert now is not None
        assert then is not None
        assert now.due_at_ms is None
        assert then.due_at_ms == then.created_at_ms + LONG_MS

    async def test_since_when_a_task_waits_is_shown_to_its_end(self, backend: Backend) -> None:
        store = backend.store
        (attempt,) = await running(store)
        (first,) = await store.get([attempt.task_id])
        await backend.advance(SHORT_MS)
        await store.release([attempt], 0, "why")
        (back,) = await store.get([attempt.task_id])
        (again,) = await take(store)
        (taken,) = await store.get([attempt.task_id])
        await store.fail(lost([again.attempt]))
        (ended,) = await store.get([attempt.task_id])
        assert first is not None
        assert back is not None
        assert taken is not None
        assert ended is not None
        assert first.queued_at_ms == first.created_at_ms
        assert back.queued_at_ms >= first.created_at_ms + SHORT_MS
        assert (back.reason, taken.reason) == ("why", "")
        assert taken.queued_at_ms == ended.queued_at_ms == back.queued_at_ms
