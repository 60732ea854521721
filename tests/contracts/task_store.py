"""What every TaskStore does, in code: the queue, the fence and the ends of a task.

``task_store_times.py`` goes on with leases, delays and retention, ``task_store_signals.py`` with
waiting and listening. A test module of an adapter inherits from these classes and brings the
fixture ``open_backend`` (``store_backend.py``).
"""

from dataclasses import replace

import pytest

from gofer.domain.identifiers import Attempt, FunctionId, TaskId, uuid7
from gofer.domain.policy import Charge, Requeue
from gofer.domain.ports import Cancelled, Completion, Defeat, Submitted, Written
from gofer.domain.task import Budget, Cause, Failure, Spent, Success, TaskStatus
from tests.contracts.store_backend import (
    FUNCTION,
    LONG_MS,
    RETRY_NOW,
    WORKER,
    Backend,
    OpenBackend,
    Store,
    a_task,
    done,
    lost,
    queue,
    running,
    take,
    taken_ids,
)

UNKNOWN = TaskId(uuid7(0, 1))
OTHER = "another fence"


class StoreContract:
    """The fixtures of the contract classes."""

    @pytest.fixture
    def backend(self, open_backend: OpenBackend) -> Backend:
        return open_backend()

    @pytest.fixture
    def store(self, backend: Backend) -> Store:
        return backend.store


class QueueContract(StoreContract):
    async def test_a_submitted_task_is_queued(self, store: Store) -> None:
        await store.put([FUNCTION])
        task = a_task(priority=2, budget=Budget(3, 4, 5_000))
        assert await store.submit([task]) == [Submitted.NEW]
        (shown,) = await store.get([task.id])
        assert shown is not None
        assert (shown.id, shown.function_id, shown.status) == (
            task.id,
            FUNCTION.id,
            TaskStatus.QUEUED,
        )
        assert (shown.attempt, shown.priority, shown.budget) == (0, 2, task.budget)
        assert (shown.spent, shown.worker, shown.reason) == (Spent(), "", "")
        assert shown.created_at_ms > 1_600_000_000_000
        assert (shown.started_at_ms, shown.finished_at_ms) == (None, None)

    async def test_submitting_again_changes_nothing(self, store: Store) -> None:
        (attempt,) = await running(store, first := a_task(b"first"))
        again = replace(first, payload=b"second", priority=0)
        assert await store.submit([again]) == [Submitted.EXISTS]
        (shown,) = await store.get([first.id])
        assert shown is not None
        assert (shown.status, shown.priority) == (TaskStatus.RUNNING, 1)
        assert await store.renew([attempt], LONG_MS) == []

    async def test_an_id_twice_in_one_submit_is_stored_once(self, store: Store) -> None:
        await store.put([FUNCTION])
        task = a_task()
        assert await store.submit([task, task]) == [Submitted.NEW, Submitted.EXISTS]
        assert await taken_ids(store) == [task.id]

    async def test_a_task_of_an_unknown_function_is_refused_alone(self, store: Store) -> None:
        await store.put([FUNCTION])
        orphan = a_task(function_id=FunctionId(uuid7(0, 2)))
        good = a_task()
        assert await store.submit([orphan, good]) == [Submitted.NO_FUNCTION, Submitted.NEW]
        assert await store.get([orphan.id]) == [None]

    async def test_a_full_store_refuses_what_is_over_its_limit(
        self, open_backend: OpenBackend
    ) -> None:
        store = open_backend(queued_limit=3).store
        await store.put([FUNCTION])
        waiting = [a_task(), a_task(delay_ms=LONG_MS)]
        (attempt,) = await running(store)
        answers = await store.submit([*waiting, over := a_task()])
        assert answers == [Submitted.NEW, Submitted.NEW, Submitted.FULL]
        assert await store.submit([waiting[0]]) == [Submitted.EXISTS]
        await store.complete(done([attempt]))
        assert await store.submit([over]) == [Submitted.NEW]

    async def test_a_cancelled_task_takes_no_room(self, open_backend: OpenBackend) -> None:
        store = open_backend(queued_limit=2).store
        cancelled = await queue(store, a_task(), a_task(delay_ms=LONG_MS))
        await store.cancel(cancelled)
        assert await store.submit([a_task(), a_task()]) == [Submitted.NEW, Submitted.NEW]

    async def test_a_claim_leases_a_task_with_all_that_it_needs(self, store: Store) -> None:
        task = a_task(b"\x00\xff arguments", priority=0, budget=Budget(1, 0, 50))
        await queue(store, task)
        (leased,) = await take(store, fence="hard to guess", owner="d7")
        assert leased.attempt == Attempt(task.id, 1, "hard to guess")
        assert (leased.function_id, leased.payload) == (FUNCTION.id, task.payload)
        assert (leased.priority, leased.budget, leased.spent) == (0, task.budget, Spent())
        (shown,) = await store.get([task.id])
        assert shown is not None
        assert (shown.status, shown.attempt) == (TaskStatus.RUNNING, 1)
        assert shown.started_at_ms is None

    async def test_tasks_come_by_priority_then_by_submission(self, store: Store) -> None:
        tasks = [a_task(priority=priority) for priority in (2, 1, 0, 1, 2, 0)]
        await queue(store, *tasks)
        assert await taken_ids(store) == [tasks[i].id for i in (2, 5, 1, 3, 0, 4)]

    async def test_a_claim_takes_no_more_than_its_limit(self, store: Store) -> None:
        ids = await queue(store, *(a_task() for _ in range(5)))
        assert [leased.attempt.task_id for leased in await take(store, limit=2)] == ids[:2]
        assert await take(store, limit=0) == []
        assert await taken_ids(store) == ids[2:]

    async def test_more_than_one_script_call_of_tasks_is_no_special_case(
        self, store: Store
    ) -> None:
        ids = await queue(store, *(a_task(b"%d" % n) for n in range(250)))
        leased = await take(store, limit=230)
        assert [each.attempt.task_id for each in leased] == ids[:230]
        assert [each.payload for each in leased] == [b"%d" % n for n in range(230)]
        attempts = [each.attempt for each in leased]
        assert set(await store.start(attempts)) == {Written.RECORDED}
        assert await store.renew(attempts, LONG_MS) == []
        assert set(await store.complete(done(attempts))) == {Written.RECORDED}
        shown = await store.get(ids)
        statuses = [task.status for task in shown if task is not None]
        assert statuses == [TaskStatus.COMPLETED] * 230 + [TaskStatus.QUEUED] * 20

    async def test_an_empty_batch_gives_an_empty_answer(self, store: Store) -> None:
        assert await store.submit([]) == []
        assert await store.start([]) == []
        assert await store.renew([], LONG_MS) == []
        assert await store.adopt("d1", [], LONG_MS) == []
        assert await store.complete([]) == []
        assert await store.fail([]) == []
        assert await store.release([]) == []
        assert await store.reap(0) == []
        assert await store.cancel([]) == []
        assert await store.get([]) == []
        assert await store.outcomes([]) == []
        assert await store.wait([], 0) == frozenset()

    async def test_a_store_that_answers_says_connected(self, store: Store) -> None:
        assert await store.ping() == "connected"

    async def test_closing_twice_is_fine(self, store: Store) -> None:
        await store.close()
        await store.close()


class FenceContract(StoreContract):
    async def test_only_the_current_attempt_may_write(self, store: Store) -> None:
        (first,) = await running(store)
        await store.release([first])
        (second,) = await take(store, fence=OTHER)
        assert second.attempt.number == 2
        forged = [
            first,
            replace(second.attempt, token=first.token),
            replace(second.attempt, number=3),
        ]
        stale = [Written.STALE] * 3
        assert await store.start(forged) == stale
        assert await store.complete(done(forged)) == stale
        assert await store.fail(lost(forged)) == stale
        assert await store.fail(lost(forged, RETRY_NOW)) == stale
        assert await store.release(forged) == stale
        assert await store.renew(forged, LONG_MS) == forged
        assert await store.adopt("d2", forged, LONG_MS) == [None] * 3
        assert await store.complete(done([second.attempt])) == [Written.RECORDED]

    async def test_a_task_that_does_not_exist_is_gone(self, store: Store) -> None:
        (attempt,) = await running(store)
        ghost = replace(attempt, task_id=UNKNOWN)
        assert await store.start([ghost]) == [Written.GONE]
        assert await store.complete(done([ghost])) == [Written.GONE]
        assert await store.fail(lost([ghost])) == [Written.GONE]
        assert await store.release([ghost]) == [Written.GONE]
        assert await store.renew([ghost], LONG_MS) == [ghost]
        assert await store.adopt("d1", [ghost], LONG_MS) == [None]
        assert await store.cancel([UNKNOWN]) == [Cancelled.GONE]
        assert await store.get([UNKNOWN]) == [None]
        assert await store.outcomes([UNKNOWN]) == [None]

    async def test_a_task_that_was_never_claimed_accepts_no_attempt(self, store: Store) -> None:
        (attempt,) = await running(store)
        (queued,) = await queue(store)
        nobody = [replace(attempt, task_id=queued, number=n, token="") for n in (0, 1)]
        assert await store.start(nobody) == [Written.STALE] * 2
        assert await store.complete(done(nobody)) == [Written.STALE] * 2
        assert await store.release(nobody) == [Written.STALE] * 2

    async def test_a_repeated_completion_is_a_duplicate_and_changes_nothing(
        self, store: Store
    ) -> None:
        (attempt,) = await running(store)
        first, second = done([attempt], b"one"), done([attempt], b"two")
        assert await store.complete([*first, *second]) == [Written.RECORDED, Written.DUPLICATE]
        assert await store.complete(second) == [Written.DUPLICATE]
        (found,) = await store.outcomes([attempt.task_id])
        assert found is not None
        assert found[1] == Success(b"one")

    @pytest.mark.parametrize("requeue", [None, RETRY_NOW, Requeue(Charge.LOSS, LONG_MS)])
    async def test_a_repeated_failure_is_a_duplicate(
        self, store: Store, requeue: Requeue | None
    ) -> None:
        (attempt,) = await running(store)
        assert await store.fail(lost([attempt], requeue)) == [Written.RECORDED]
        (before,) = await store.get([attempt.task_id])
        assert await store.fail(lost([attempt], requeue)) == [Written.DUPLICATE]
        assert await store.fail(lost([attempt])) == [Written.DUPLICATE]
        assert await store.get([attempt.task_id]) == [before]

    async def test_a_repeated_release_is_a_duplicate(self, store: Store) -> None:
        (attempt,) = await running(store)
        assert await store.release([attempt]) == [Written.RECORDED]
        assert await store.release([attempt]) == [Written.DUPLICATE]
        assert await taken_ids(store) == [attempt.task_id]

    async def test_an_attempt_cannot_end_in_two_ways(self, store: Store) -> None:
        completed, failed, released, cancelled = await running(store, *(a_task() for _ in range(4)))
        await store.complete(done([completed]))
        await store.fail(lost([failed]))
        await store.release([released])
        await store.cancel([cancelled.task_id])
        stale = [Written.STALE] * 3
        assert await store.fail(lost([completed, released, cancelled])) == stale
        assert await store.complete(done([failed, released, cancelled])) == stale
        assert await store.release([completed, failed, cancelled]) == stale
        assert await store.start([completed, released, cancelled]) == stale

    async def test_a_cancel_makes_the_attempt_before_it_stale(self, store: Store) -> None:
        released, failed = await running(store, a_task(), a_task())
        await store.release([released])
        await store.fail(lost([failed], RETRY_NOW))
        await store.cancel([released.task_id, failed.task_id])
        assert await store.release([released]) == [Written.STALE]
        assert await store.fail(lost([failed], RETRY_NOW)) == [Written.STALE]

    async def test_a_failure_that_was_queued_again_is_stale_once_the_next_attempt_runs(
        self, store: Store
    ) -> None:
        (first,) = await running(store)
        await store.fail(lost([first], RETRY_NOW))
        await take(store)
        assert await store.fail(lost([first], RETRY_NOW)) == [Written.STALE]


class OutcomeContract(StoreContract):
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
        assert await taken_ids(store) == ids[2:]
        for found in await store.outcomes(ids[:2]):
            assert found is not None
            task, outcome = found
            assert task.status is TaskStatus.CANCELLED
            assert isinstance(outcome, Failure)
            assert (outcome.cause, outcome.attempt) == (Cause.CANCELLED, 0)

    async def test_a_running_task_is_cancelled_at_once(self, store: Store) -> None:
        (attempt,) = await running(store)
        assert await store.cancel([attempt.task_id]) == [Cancelled.STOPPING]
        assert await store.cancel([attempt.task_id]) == [Cancelled.TOO_LATE]
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


class TaskStoreContract(QueueContract, FenceContract, OutcomeContract):
    """The three of them; an adapter's test class inherits from this one."""
