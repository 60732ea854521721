"""What every TaskStore does at the end of an attempt: outcomes, further tries, cancels.

A part of ``TaskStoreContract`` (``task_store.py``).
"""

import pytest

from gofer.domain.policy import Charge, Requeue
from gofer.domain.ports import Cancelled, Completion, Defeat, Store, Submitted, Written
from gofer.domain.task import Budget, Cause, Failure, Spent, Success, TaskStatus
from tests.contracts.store_backend import (
    FUNCTION,
    LONG_MS,
    RETRY_NOW,
    WORKER,
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


class EndContract(StoreContract):
    async def test_a_completion_is_recorded_with_its_evidence(self, store: Store) -> None:
        (attempt,) = await running(store)
        success = Success(b"\x00pickle\xff", peak_rss_kb=7, run_ms=12.5, output="printed ü\n")
        await store.complete([Completion(attempt, WORKER, success)])
        (found,) = await store.outcomes([attempt.task_id])
        assert found is not None
        task, outcome = found
        assert outcome == success
        assert (task.status, task.worker) == (TaskStatus.COMPLETED, WORKER)
        assert task.started_at_ms is not None
        assert task.finished_at_ms is not None
        assert task.created_at_ms <= task.started_at_ms <= task.finished_at_ms

    async def test_a_final_failure_is_recorded_with_its_evidence(self, store: Store) -> None:
        (attempt,) = await running(store)
        failure = Failure(
            cause=Cause.SIGNAL,
            type="Killed",
            message="by signal 9",
            traceback="Traceback…",
            exception=b"\x80\x05N.",
            exit_code=-9,
            signal=9,
            peak_rss_kb=1_000,
            run_ms=3.25,
            worker="w1",
            attempt=1,
            output="last words",
        )
        await store.fail([Defeat(attempt, WORKER, failure)])
        (found,) = await store.outcomes([attempt.task_id])
        assert found is not None
        task, outcome = found
        assert outcome == failure
        assert (task.status, task.worker, task.spent) == (TaskStatus.FAILED, WORKER, Spent())
        assert task.finished_at_ms is not None

    async def test_text_that_is_no_unicode_loses_no_outcome(self, store: Store) -> None:
        (attempt,) = await running(store)
        success = Success(b"r", output="broken \udcff surrogate")
        assert await store.complete([Completion(attempt, WORKER, success)]) == [Written.RECORDED]
        (found,) = await store.outcomes([attempt.task_id])
        assert found is not None
        assert isinstance(found[1], Success)
        assert found[1].result == b"r"

    async def test_a_task_that_has_not_ended_has_no_outcome(self, store: Store) -> None:
        (attempt,) = await running(store)
        (queued,) = await queue(store)
        shown = await store.get([attempt.task_id, queued])
        assert await store.outcomes([attempt.task_id, queued]) == [(task, None) for task in shown]

    async def test_a_terminal_task_never_changes(self, store: Store) -> None:
        ended = await running(store, a_task(), a_task())
        await store.complete(done(ended[:1]))
        await store.fail(lost(ended[1:]))
        ids = [attempt.task_id for attempt in ended]
        before = await store.outcomes(ids)
        assert await store.cancel(ids) == [Cancelled.TOO_LATE] * 2
        await store.complete(done(ended, b"late"))
        await store.fail(lost(ended, RETRY_NOW))
        await store.release(ended)
        await store.start(ended)
        await store.renew(ended, 0)
        assert await store.reap(10) == []
        assert await taken_ids(store) == []
        assert await store.outcomes(ids) == before

    @pytest.mark.parametrize(
        ("charge", "spent"),
        [
            (Charge.RETRY, Spent(retries=1)),
            (Charge.STRIKE, Spent(strikes=1)),
            (Charge.LOSS, Spent(losses=1)),
            (Charge.NOTHING, Spent()),
        ],
    )
    async def test_another_try_charges_one_budget(
        self, store: Store, charge: Charge, spent: Spent
    ) -> None:
        (attempt,) = await running(store)
        await store.start([attempt])
        assert await store.fail(lost([attempt], Requeue(charge, 0))) == [Written.RECORDED]
        (shown,) = await store.get([attempt.task_id])
        assert shown is not None
        assert (shown.status, shown.spent) == (TaskStatus.QUEUED, spent)
        assert shown.started_at_ms is None
        (again,) = await take(store)
        assert (again.attempt.number, again.spent) == (2, spent)
        assert again.payload == b"arguments"

    @pytest.mark.parametrize("charge", [Charge.NOTHING, Charge.LOSS])
    async def test_an_innocent_task_goes_to_the_head_of_its_queue(
        self, store: Store, charge: Charge
    ) -> None:
        attempts = await running(store, a_task(), a_task())
        waiting = await queue(store)
        await store.fail(lost(attempts, Requeue(charge, 0)))
        assert await taken_ids(store) == [a.task_id for a in attempts] + waiting

    @pytest.mark.parametrize("charge", [Charge.RETRY, Charge.STRIKE])
    async def test_a_task_at_fault_goes_to_the_tail_of_its_queue(
        self, store: Store, charge: Charge
    ) -> None:
        attempts = await running(store, a_task(), a_task())
        waiting = await queue(store)
        await store.fail(lost(attempts, Requeue(charge, 0)))
        assert await taken_ids(store) == waiting + [a.task_id for a in attempts]

    async def test_a_released_task_comes_first_and_says_why_it_waits(self, store: Store) -> None:
        attempts = await running(store, a_task(), a_task())
        waiting = await queue(store)
        await store.release(attempts, reason="no worker of cpython-3.9")
        (shown,) = await store.get([attempts[0].task_id])
        assert shown is not None
        assert (shown.status, shown.reason) == (TaskStatus.QUEUED, "no worker of cpython-3.9")
        assert shown.spent == Spent()
        assert await taken_ids(store) == [a.task_id for a in attempts] + waiting
        (shown,) = await store.get([attempts[0].task_id])
        assert shown is not None
        assert shown.reason == ""

    async def test_a_queued_task_can_be_cancelled_and_never_starts(self, store: Store) -> None:
        ids = await queue(store, a_task(), a_task(delay_ms=LONG_MS), a_task())
        assert await store.cancel(ids[:2]) == [Cancelled.PREVENTED] * 2
        assert await store.cancel(ids[:2]) == [Cancelled.PREVENTED] * 2
        assert await taken_ids(store) == ids[2:]
        for found in await store.outcomes(ids[:2]):
            assert found is not None
            task, outcome = found
            assert task.status is TaskStatus.CANCELLED
            assert isinstance(outcome, Failure)
            assert (outcome.cause, outcome.attempt) == (Cause.CANCELLED, 0)

    async def test_a_running_task_is_cancelled_at_once(self, store: Store) -> None:
        (attempt,) = await running(store)
        twice = [attempt.task_id] * 2
        assert await store.cancel(twice) == [Cancelled.STOPPING] * 2
        assert await store.cancel(twice) == [Cancelled.STOPPING] * 2
        assert await store.complete(done([attempt])) == [Written.STALE]
        assert await store.renew([attempt], LONG_MS) == [attempt]
        (found,) = await store.outcomes([attempt.task_id])
        assert found is not None
        task, outcome = found
        assert task.status is TaskStatus.CANCELLED
        assert task.finished_at_ms is not None
        assert isinstance(outcome, Failure)
        assert (outcome.cause, outcome.attempt) == (Cause.CANCELLED, 1)

    async def test_an_adopted_task_comes_without_its_payload(self, store: Store) -> None:
        (attempt,) = await running(store, a_task(priority=0, budget=Budget(1, 2, 3)))
        (leased,) = await store.adopt("d2", [attempt], LONG_MS)
        assert leased is not None
        assert (leased.attempt, leased.payload, leased.function_id) == (attempt, b"", FUNCTION.id)
        assert (leased.priority, leased.budget, leased.spent) == (0, Budget(1, 2, 3), Spent())

    async def test_what_has_ended_takes_no_room_however_much_it_is(
        self, open_backend: OpenBackend
    ) -> None:
        store = open_backend(queued_limit=8).store
        for _ in range(4):
            await store.complete(done(await running(store, *(a_task() for _ in range(4)))))
        answers = await store.submit([a_task() for _ in range(9)])
        assert answers == [Submitted.NEW] * 8 + [Submitted.FULL]
