"""What every TaskStore does, in code: the queue and the fence.

``task_store_ends.py`` goes on with outcomes, further tries and cancels, ``task_store_times.py``
with leases, delays and retention, ``task_store_signals.py`` with waiting and listening. A test
module of an adapter inherits from these classes and brings the fixture ``open_backend``
(``store_backend.py``).
"""

import pytest

from gofer.domain.identifiers import Attempt, FunctionId, uuid7
from gofer.domain.policy import Charge, Requeue
from gofer.domain.ports import Cancelled, Store, Submitted, Written
from gofer.domain.task import Budget, Spent, Success, TaskStatus
from tests.contracts.store_backend import (
    FOREIGN,
    FOREIGN_TAG,
    FUNCTION,
    LONG_MS,
    RETRY_NOW,
    TAG,
    OpenBackend,
    a_task,
    done,
    lost,
    queue,
    running,
    take,
    taken_ids,
)
from tests.contracts.store_contract import UNKNOWN, StoreContract
from tests.contracts.task_store_ends import EndContract
from tests.contracts.task_store_keys import KeyContract
from tests.contracts.task_store_leases import LeasedContract
from tests.contracts.task_store_long_results import LongResultContract
from tests.contracts.task_store_many import ManyContract
from tests.contracts.task_store_options import OptionContract

OTHER = "another fence"


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
        again = first._replace(payload=b"second", priority=0)
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

    async def test_only_tasks_of_the_wanted_environments_are_claimed(self, store: Store) -> None:
        await store.put([FOREIGN])
        ours, theirs, more = a_task(), a_task(function_id=FOREIGN.id), a_task()
        await queue(store, ours, theirs, more)
        claim = await store.claim("d1", "token", {TAG: 1}, LONG_MS)
        assert [leased.attempt.task_id for leased in claim.tasks] == [ours.id]
        assert (claim.left, claim.elsewhere) == ((TAG,), (FOREIGN_TAG,))
        claim = await store.claim("d1", "token", {FOREIGN_TAG: 5, TAG: 5}, LONG_MS)
        assert [leased.attempt.task_id for leased in claim.tasks] == [theirs.id, more.id]
        assert (claim.left, claim.elsewhere) == ((), ())

    async def test_a_task_that_comes_back_waits_for_its_environment_again(
        self, store: Store
    ) -> None:
        await store.put([FOREIGN])
        await queue(store, a_task(function_id=FOREIGN.id))
        (leased,) = (await store.claim("d1", "token", {FOREIGN_TAG: 1}, LONG_MS)).tasks
        await store.release([leased.attempt])
        assert await taken_ids(store) == []
        again = await store.claim("d1", "token", {FOREIGN_TAG: 1}, LONG_MS)
        assert [each.attempt.task_id for each in again.tasks] == [leased.attempt.task_id]

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

    async def test_what_is_risky_about_a_store_is_said_in_words(self, store: Store) -> None:
        assert all(warning.strip() for warning in await store.examine())

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
            second.attempt._replace(token=first.token),
            second.attempt._replace(number=3),
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
        ghost = attempt._replace(task_id=UNKNOWN)
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
        nobody = [attempt._replace(task_id=queued, number=n, token="") for n in (0, 1)]
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


class TaskStoreContract(
    QueueContract,
    LeasedContract,
    ManyContract,
    KeyContract,
    OptionContract,
    LongResultContract,
    FenceContract,
    EndContract,
):
    """All of them; an adapter's test class inherits from this one."""
