"""What every TaskHistory does where a client wants another try of a task that did not complete."""

from gofer.domain.attempts import AttemptEnd
from gofer.domain.identifiers import member_ids, new_batch_id
from gofer.domain.policy import Charge, Requeue
from gofer.domain.ports import Defeat, Retried, Store, Submitted, Written
from gofer.domain.task import Budget, Cause, Failure, NewTask, Spent, TaskStatus
from tests.contracts.store_backend import (
    FUNCTION,
    SHORT_MS,
    WORKER,
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
from tests.contracts.store_contract import UNKNOWN, StoreContract

BATCH = new_batch_id(1_700_000_000_000, 79)


def members(count: int) -> list[NewTask]:
    return [NewTask(each, FUNCTION.id, b"args") for each in member_ids(BATCH, range(1, count + 1))]


class RetryContract(StoreContract):
    async def test_a_failed_task_runs_again_with_its_payload_and_all_of_its_budget(
        self, store: Store
    ) -> None:
        for payload in (b"short", b"long" * 1_000):
            task = a_task(payload, budget=Budget(retries=1))
            (first,) = await running(store, task)
            await store.fail(lost([first], Requeue(Charge.RETRY, 0)))
            (second,) = await take(store)
            failure = Failure(Cause.EXCEPTION, "E", "m", "tb", b"\x80" * 5_000)
            await store.fail([Defeat(second.attempt, WORKER, failure)])
            assert await store.history.retry([task.id]) == [Retried.QUEUED]
            (shown,) = await store.get([task.id])
            assert shown is not None
            assert (shown.status, shown.spent, shown.attempt) == (TaskStatus.QUEUED, Spent(), 2)
            assert (shown.finished_at_ms, shown.worker) == (None, "")
            (third,) = await take(store)
            assert (third.attempt.number, third.payload) == (3, payload)
            assert await store.complete(done([third.attempt])) == [Written.RECORDED]
            found = await store.history.attempts(task.id)
            assert found is not None
            ends = [each.end for each in found]
            assert ends == [AttemptEnd.FAILED, AttemptEnd.FAILED, AttemptEnd.COMPLETED]

    async def test_what_has_completed_or_not_ended_is_not_tried_again(self, store: Store) -> None:
        completed, runs, failed = await running(store, a_task(), a_task(), a_task())
        (waits,) = await queue(store)
        await store.complete(done([completed]))
        await store.fail(lost([failed]))
        ids = [completed.task_id, runs.task_id, waits, UNKNOWN, failed.task_id, failed.task_id]
        assert await store.history.retry(ids) == [
            *[Retried.NOT_FAILED] * 3,
            Retried.GONE,
            Retried.QUEUED,
            Retried.NOT_FAILED,
        ]
        assert set(await taken_ids(store)) == {waits, failed.task_id}

    async def test_cancelled_expired_and_lost_tasks_run_again_with_their_payloads(
        self, backend: Backend
    ) -> None:
        store = backend.store
        for payload in (b"short", b"long" * 1_000):
            new = [a_task(payload, budget=Budget(0, 0)) for _ in range(4)]
            new[0] = new[0]._replace(tags=("t",), expires_at_ms=1)
            expired, queued, stopped, gone = [task.id for task in new]
            attempts = await running(store, *new[2:])
            await queue(store, *new[:2])
            await store.cancel([queued, stopped])
            await store.start([attempts[1]])
            await store.renew([attempts[1]], 0)
            await backend.advance(SHORT_MS)
            await store.reap(1)
            ids = [expired, queued, stopped, gone]
            before = await store.get(ids)
            assert [each and each.status.value for each in before] == [
                "EXPIRED",
                "CANCELLED",
                "CANCELLED",
                "FAILED",
            ]
            assert await store.history.retry(ids) == [Retried.QUEUED] * 4
            leased = await take(store)
            assert [each.attempt.task_id for each in leased] == ids
            assert {each.payload for each in leased} == {payload}
            (shown,) = await store.get([expired])
            assert shown is not None
            assert (shown.tags, shown.expires_at_ms) == (("t",), 0)
            ends = [await store.history.attempts(each) for each in ids]
            assert [[each.end.value for each in found or ()] for found in ends] == [
                ["running"],
                ["running"],
                ["cancelled", "running"],
                ["lost", "running"],
            ]
            await store.complete(done([each.attempt for each in leased]))
            assert await store.history.retry(ids) == [Retried.NOT_FAILED] * 4

    async def test_what_the_first_worker_says_later_is_stale(self, store: Store) -> None:
        (attempt,) = await running(store)
        await store.fail(lost([attempt]))
        await store.history.retry([attempt.task_id])
        assert await store.fail(lost([attempt])) == [Written.STALE]
        assert await store.complete(done([attempt])) == [Written.STALE]

    async def test_its_batch_takes_its_end_back_and_tells_the_next_one_behind_the_others(
        self, store: Store
    ) -> None:
        attempts = await running(store, *members(2))
        await store.fail(lost(attempts))
        await store.history.retry([attempts[0].task_id])
        page = await store.endings(BATCH, 0, 10)
        assert page is not None
        assert (page.state.failed, page.state.ended, page.state.told) == (1, 1, 2)
        told = [(ending.position, ending.status) for ending in page.endings]
        assert told == [(0, None), (2, TaskStatus.FAILED)]
        assert await store.ended(BATCH, 10) == [0, 2]
        (again,) = await take(store)
        await store.complete(done([again.attempt]))
        page = await store.endings(BATCH, 2, 10)
        assert page is not None
        assert (page.state.failed, page.state.completed, page.state.told) == (1, 1, 3)
        told = [(ending.position, ending.status) for ending in page.endings]
        assert told == [(1, TaskStatus.COMPLETED)]

    async def test_a_batch_is_kept_as_long_as_one_of_it_is_tried_again(
        self, open_backend: OpenBackend
    ) -> None:
        backend = open_backend(retention_ms=200)
        (attempt,) = await running(backend.store, *members(1))
        await backend.store.fail(lost([attempt]))
        await backend.store.history.retry([attempt.task_id])
        await backend.advance(500)
        (again,) = await take(backend.store)
        page = await backend.store.endings(BATCH, 0, 10)
        assert page is not None
        assert (page.state.count, page.state.ended) == (1, 0)
        await backend.store.complete(done([again.attempt]))
        await backend.advance(250)
        assert await backend.store.endings(BATCH, 0, 10) is None

    async def test_it_can_be_tried_as_often_as_it_fails(self, store: Store) -> None:
        (attempt,) = await running(store)
        for number in range(2, 5):
            await store.fail(lost([attempt]))
            assert await store.history.retry([attempt.task_id]) == [Retried.QUEUED]
            assert await store.submit([a_task()._replace(id=attempt.task_id)]) == [Submitted.EXISTS]
            (leased,) = await take(store)
            attempt = leased.attempt
            assert attempt.number == number
