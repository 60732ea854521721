"""What every TaskHistory does: lists, attempts, further tries of what has failed."""

from gofer.domain.attempts import AttemptEnd
from gofer.domain.identifiers import FunctionId, TaskId, member_ids, new_batch_id
from gofer.domain.ports import Defeat, Store, TaskQuery, Written
from gofer.domain.protocol.ledger import NOBODY
from gofer.domain.task import Budget, Cause, Failure, NewTask, TaskStatus
from tests.contracts.store_backend import (
    FOREIGN,
    FUNCTION,
    LONG_MS,
    RETRY_NOW,
    SHORT_MS,
    WORKER,
    Backend,
    a_task,
    done,
    lost,
    queue,
    running,
    take,
)
from tests.contracts.store_contract import UNKNOWN, StoreContract
from tests.contracts.task_retries import RetryContract

BATCH = new_batch_id(1_700_000_000_000, 77)
ALL = TaskQuery()
SEEN = Failure(
    Cause.EXCEPTION,
    "ValueError",
    "no",
    "Traceback",
    b"\x80pickle",
    peak_rss_kb=9,
    run_ms=2.5,
    attempt=1,
    output="printed",
)


async def found(store: Store, query: TaskQuery = ALL, limit: int = 1_000) -> list[TaskId]:
    """Return the ids of all that is found, over as many pages as it takes."""
    page = await store.history.find(query, "", limit)
    ids = [task.id for task in page.tasks]
    while page.next_cursor:
        page = await store.history.find(query, page.next_cursor, limit)
        assert len(page.tasks) <= limit
        ids += [task.id for task in page.tasks]
    return ids


def members(count: int, first: int = 1) -> list[NewTask]:
    ids = member_ids(BATCH, range(first, first + count))
    return [NewTask(each, FUNCTION.id, b"args") for each in ids]


RECORDED = [Written.RECORDED] * 4


class FindContract(StoreContract):
    async def test_tasks_are_found_the_newest_first_single_ones_and_those_of_batches(
        self, store: Store
    ) -> None:
        tasks = [a_task(), *members(3), a_task(), a_task()]
        await queue(store, *tasks)
        assert await found(store) == sorted((task.id for task in tasks), reverse=True)

    async def test_pages_of_any_size_come_to_the_same(self, store: Store) -> None:
        await queue(store, a_task(), *members(5), a_task())
        whole = await found(store)
        assert len(whole) == 7
        for limit in (1, 2, 3, 5, 7):
            assert await found(store, limit=limit) == whole

    async def test_many_tasks_are_found_over_many_looks(self, store: Store) -> None:
        tasks = [*members(450), *(a_task() for _ in range(450))]
        await queue(store, *tasks)
        assert await found(store) == sorted((task.id for task in tasks), reverse=True)
        assert len(await found(store, limit=300)) == 900

    async def test_what_is_asked_for_is_found_and_nothing_else(self, store: Store) -> None:
        await store.put([FUNCTION, FOREIGN])
        tagged = a_task()._replace(tags=("a b", "c,d;e"))
        other = a_task(function_id=FOREIGN.id)._replace(tags=("a",))
        first, *_ = await running(store, a_task(), tagged)
        await queue(store, other)
        await store.complete(done([first]))
        ended, runs, waits = first.task_id, tagged.id, other.id
        for query, expected in (
            (TaskQuery(frozenset({TaskStatus.COMPLETED})), [ended]),
            (TaskQuery(frozenset({TaskStatus.QUEUED, TaskStatus.RUNNING})), [waits, runs]),
            (TaskQuery(function_id=FOREIGN.id), [waits]),
            (TaskQuery(tag="c,d;e"), [runs]),
            (TaskQuery(tag="a"), [waits]),
            (TaskQuery(tag="d;e"), []),
            (TaskQuery(worker=WORKER), [ended]),
            (TaskQuery(worker="w"), []),
            (TaskQuery(function_id=FunctionId(UNKNOWN)), []),
        ):
            assert await found(store, query) == expected

    async def test_a_cursor_need_not_exist_any_more(self, store: Store) -> None:
        early, late = await queue(store, a_task(), a_task())
        page = await store.history.find(ALL, TaskId(late[:-1] + "f"), 10)
        assert [task.id for task in page.tasks][-1] == early


class WorkerContract(StoreContract):
    async def test_who_runs_a_task_is_known_from_its_start_on_and_to_its_end(
        self, backend: Backend
    ) -> None:
        store = backend.store
        stopped, handed_back, gone, unknown = await running(store, *(a_task() for _ in range(4)))
        attempts = [stopped, handed_back, gone]
        assert await store.start([*attempts, unknown], [WORKER] * 3 + [NOBODY]) == RECORDED
        ids = [each.task_id for each in attempts]
        shown = await store.get([*ids, unknown.task_id])
        assert [each and each.worker for each in shown] == [WORKER, WORKER, WORKER, ""]
        assert set(await found(store, TaskQuery(worker=WORKER))) == set(ids)
        await store.cancel([stopped.task_id])
        await store.release([handed_back], LONG_MS)
        await store.renew([gone], 0)
        await backend.advance(SHORT_MS)
        await store.reap(1)
        tried = [await store.history.attempts(each) for each in ids]
        assert [[(one.end, one.worker) for one in each or ()] for each in tried] == [
            [(AttemptEnd.CANCELLED, WORKER)],
            [(AttemptEnd.RELEASED, WORKER)],
            [(AttemptEnd.LOST, WORKER)],
        ]
        shown = await store.get(ids)
        assert [each and each.worker for each in shown] == [WORKER, "", ""]
        assert await found(store, TaskQuery(worker=WORKER)) == [stopped.task_id]

    async def test_who_lost_a_task_for_good_is_known_and_a_start_may_say_it_later(
        self, backend: Backend
    ) -> None:
        store = backend.store
        (attempt,) = await running(store, a_task(budget=Budget(redeliveries=0)))
        await store.start([attempt])
        (first,) = await store.get([attempt.task_id])
        await store.start([attempt], [WORKER])
        (again,) = await store.get([attempt.task_id])
        assert first is not None
        assert again is not None
        assert (first.worker, again.worker) == ("", WORKER)
        assert again.started_at_ms == first.started_at_ms
        assert again.queued_at_ms == first.created_at_ms
        await store.renew([attempt], 0)
        await backend.advance(SHORT_MS)
        await store.reap(1)
        (ended,) = await store.get([attempt.task_id])
        assert ended is not None
        assert (ended.status, ended.worker) == (TaskStatus.FAILED, WORKER)


class AttemptContract(WorkerContract):
    async def test_a_task_that_never_ran_has_no_attempts(self, store: Store) -> None:
        (task_id,) = await queue(store)
        assert await store.history.attempts(task_id) == []
        assert await store.history.attempts(UNKNOWN) is None

    async def test_each_attempt_is_kept_with_what_was_seen_of_it(self, backend: Backend) -> None:
        store = backend.store
        (first,) = await running(store, a_task(budget=Budget(retries=1)))
        await store.fail([Defeat(first, WORKER, SEEN, RETRY_NOW)])
        await backend.advance(SHORT_MS)
        (again,) = await take(store)
        await store.start([again.attempt])
        found = await store.history.attempts(first.task_id)
        assert found is not None
        failed, runs = found
        assert (failed.number, failed.end, failed.worker) == (1, AttemptEnd.FAILED, WORKER)
        assert failed.failure is not None
        assert failed.failure.exception == b""
        assert (failed.failure.message, failed.failure.traceback) == ("no", "Traceback")
        assert (failed.peak_rss_kb, failed.run_ms, failed.output) == (9, 2.5, "printed")
        assert failed.started_at_ms is not None
        assert failed.finished_at_ms is not None
        assert failed.queued_at_ms <= failed.started_at_ms <= failed.finished_at_ms
        assert (runs.number, runs.end) == (2, AttemptEnd.RUNNING)
        assert runs.queued_at_ms == failed.finished_at_ms
        await store.complete(done([again.attempt]))
        found = await store.history.attempts(first.task_id)
        assert found is not None
        assert [each.end for each in found] == [AttemptEnd.FAILED, AttemptEnd.COMPLETED]
        assert found[0] == failed

    async def test_a_lost_and_a_released_attempt_are_told_apart(self, backend: Backend) -> None:
        store = backend.store
        (first,) = await running(store, lease_ms=SHORT_MS)
        await store.start([first])
        await backend.advance(SHORT_MS)
        await store.reap(10)
        (second,) = await take(store)
        await store.start([second.attempt])
        await store.release([second.attempt])
        (third,) = await take(store)
        await store.release([third.attempt], 0, "never began")
        (fourth,) = await take(store)
        await store.cancel([first.task_id])
        found = await store.history.attempts(first.task_id)
        assert found is not None
        assert [(each.number, each.end) for each in found] == [
            (1, AttemptEnd.LOST),
            (2, AttemptEnd.RELEASED),
            (fourth.attempt.number, AttemptEnd.CANCELLED),
        ]

    async def test_only_the_last_attempts_are_kept(self, store: Store) -> None:
        (attempt,) = await running(store, a_task(budget=Budget(retries=99)))
        for _ in range(25):
            await store.fail(lost([attempt], RETRY_NOW))
            (leased,) = await take(store)
            attempt = leased.attempt
        found = await store.history.attempts(attempt.task_id)
        assert found is not None
        assert [each.number for each in found] == [*range(6, 26), 26]


class TaskHistoryContract(FindContract, AttemptContract, RetryContract):
    """All of it."""
