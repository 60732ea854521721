"""What every store does with results that are kept for less long than their tasks.

A part of ``TaskStoreContract`` (``task_store.py``).
"""

from gofer.domain.identifiers import TaskId, member_ids, new_batch_id, uuid7
from gofer.domain.policy import Charge, Requeue
from gofer.domain.ports import Ending, Retried, Store
from gofer.domain.task import Failure, NewTask, Success, TaskStatus
from tests.contracts.store_backend import (
    DAY_MS,
    FUNCTION,
    LONG_MS,
    SHORT_MS,
    Backend,
    OpenBackend,
    a_task,
    done,
    lost,
    queue,
    running,
    take,
)
from tests.contracts.store_contract import StoreContract

LARGE = b"a result that has a key of its own " * 1_000
BATCH = new_batch_id(1_700_000_000_000, 78)


def kept(ms: int, task: NewTask | None = None) -> NewTask:
    """Return a task whose result is kept for so long."""
    return (task or a_task())._replace(result_ttl_ms=ms)


async def stands(store: Store, task_id: TaskId) -> tuple[TaskStatus, Success | Failure | None]:
    """Return how a task stands that is there, and what came of it."""
    (found,) = await store.outcomes([task_id])
    assert found is not None
    return found[0].status, found[1]


class ResultContract(StoreContract):
    async def test_a_result_is_there_until_its_time_has_passed_and_the_task_stays(
        self, backend: Backend
    ) -> None:
        store = backend.store
        for result in (b"short", LARGE):
            (attempt,) = await running(store, kept(LONG_MS))
            await store.complete(done([attempt], result))
            assert await stands(store, attempt.task_id) == (TaskStatus.COMPLETED, Success(result))
            (brief,) = await running(store, kept(SHORT_MS))
            await store.complete(done([brief], result))
            await backend.advance(SHORT_MS)
            assert await stands(store, brief.task_id) == (TaskStatus.COMPLETED, None)
            (shown,) = await store.get([brief.task_id])
            assert shown is not None
            assert shown.result_ttl_ms == SHORT_MS
            assert shown.worker == "w1"

    async def test_what_a_task_failed_with_goes_too_but_not_from_its_attempts(
        self, backend: Backend
    ) -> None:
        store = backend.store
        (attempt,) = await running(store, kept(SHORT_MS))
        (defeat,) = lost([attempt])
        await store.fail([defeat])
        await backend.advance(SHORT_MS)
        assert await stands(store, attempt.task_id) == (TaskStatus.FAILED, None)
        tried = await store.history.attempts(attempt.task_id)
        assert tried is not None
        assert [each.failure for each in tried] == [defeat.failure]

    async def test_it_counts_from_the_end_of_the_last_try(self, backend: Backend) -> None:
        store = backend.store
        (attempt,) = await running(store, kept(SHORT_MS))
        await store.fail(lost([attempt], Requeue(Charge.RETRY, 0)))
        await backend.advance(2 * SHORT_MS)
        (again,) = await take(store)
        await store.fail(lost([again.attempt]))
        await backend.advance(2 * SHORT_MS)
        assert await store.history.retry([attempt.task_id]) == [Retried.QUEUED]
        (last,) = await take(store)
        await store.complete(done([last.attempt]))
        status, _ = await stands(store, attempt.task_id)
        assert status is TaskStatus.COMPLETED
        await backend.advance(SHORT_MS)
        assert await stands(store, attempt.task_id) == (TaskStatus.COMPLETED, None)

    async def test_a_delayed_and_tagged_task_has_a_time_for_its_result_too(
        self, backend: Backend
    ) -> None:
        store = backend.store
        task = kept(LONG_MS, a_task(delay_ms=SHORT_MS)._replace(tags=("a", "60")))
        await queue(store, task)
        await backend.advance(SHORT_MS)
        (leased,) = await take(store)
        await store.complete(done([leased.attempt]))
        (found,) = await store.outcomes([task.id])
        assert found is not None
        assert (found[0].tags, found[0].result_ttl_ms) == (("a", "60"), LONG_MS)
        assert found[0].queued_at_ms == found[0].created_at_ms
        assert found[1] == Success(b"result")

    async def test_that_a_task_was_cancelled_or_lost_is_known_as_long_as_the_task_is(
        self, backend: Backend
    ) -> None:
        store = backend.store
        cancelled = kept(SHORT_MS)
        await queue(store, cancelled)
        await store.cancel([cancelled.id])
        await backend.advance(SHORT_MS)
        status, outcome = await stands(store, cancelled.id)
        assert status is TaskStatus.CANCELLED
        assert isinstance(outcome, Failure)

    async def test_a_batch_tells_that_a_result_is_forgotten(self, backend: Backend) -> None:
        store = backend.store
        ids = member_ids(BATCH, [1, 2])
        brief, long = (NewTask(each, FUNCTION.id, b"args") for each in ids)
        await queue(store, kept(SHORT_MS, brief), long)
        await store.complete(done([each.attempt for each in await take(store)]))
        await backend.advance(SHORT_MS)
        page = await store.endings(BATCH, 0, 9)
        assert page is not None
        assert page.endings[0] == Ending(1, None, None)
        assert page.endings[1].outcome == Success(b"result")
        assert page.state.completed == 2

    async def test_no_result_outlives_its_task(self, open_backend: OpenBackend) -> None:
        backend = open_backend(retention_ms=SHORT_MS)
        (attempt,) = await running(backend.store, kept(DAY_MS))
        await backend.store.complete(done([attempt], LARGE))
        await backend.advance(SHORT_MS)
        assert await backend.store.outcomes([attempt.task_id]) == [None]

    async def test_for_a_while_it_is_known_that_a_forgotten_task_was_there(
        self, open_backend: OpenBackend
    ) -> None:
        backend = open_backend(retention_ms=600)
        store = backend.store
        (attempt,) = await running(store)
        await store.complete(done([attempt]))
        assert not await store.history.was_there(attempt.task_id)  # it still is
        await backend.advance(650)
        assert await store.get([attempt.task_id]) == [None]
        assert await store.history.was_there(attempt.task_id)
        await backend.advance(600)
        assert not await store.history.was_there(attempt.task_id)

    async def test_one_of_a_batch_is_known_as_long_as_its_batch_is(
        self, open_backend: OpenBackend
    ) -> None:
        backend = open_backend(retention_ms=100)
        store = backend.store
        first, second, never = member_ids(BATCH, [1, 2, 3])
        await queue(store, *(NewTask(each, FUNCTION.id, b"args") for each in (first, second)))
        one, two = [each.attempt for each in await take(store)]
        await store.complete(done([one]))
        await backend.advance(150)
        assert await store.history.was_there(first)
        assert not await store.history.was_there(never)
        await store.complete(done([two]))
        await backend.advance(150)
        assert not await store.history.was_there(first)

    async def test_what_never_was_is_not_known(self, store: Store) -> None:
        assert not await store.history.was_there(TaskId(uuid7(9, 9)))
        assert not await store.history.was_there(member_ids(new_batch_id(9, 9), [1])[0])
