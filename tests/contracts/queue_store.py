"""What every QueueStore does: the queues as a whole."""

from gofer.domain.ports import Store
from gofer.domain.ports.queues import Place
from gofer.domain.task import TaskStatus
from tests.contracts.store_backend import (
    FOREIGN,
    FUNCTION,
    LONG_MS,
    TAG,
    a_task,
    done,
    lost,
    queue,
    running,
    take,
    taken_ids,
)
from tests.contracts.store_contract import StoreContract


class QueueStoreContract(StoreContract):
    async def test_an_empty_store_stands_still(self, store: Store) -> None:
        standing = await store.queues.standing()
        assert [each.priority for each in standing.queues] == [0, 1, 2]
        for each in standing.queues:
            assert (each.depth, each.oldest_at_ms, each.paused) == (0, None, False)
            assert (each.submitted_per_s, each.claimed_per_s) == (0, 0)
        assert (standing.delayed, standing.running, standing.totals.submitted) == (0, 0, 0)

    async def test_what_waits_runs_and_has_ended_is_counted(self, store: Store) -> None:
        await store.put([FOREIGN])
        completed, failed, cancelled, *_ = await running(store, *(a_task() for _ in range(4)))
        await store.complete(done([completed]))
        await store.fail(lost([failed]))
        await store.cancel([cancelled.task_id])
        tasks = [a_task(priority=0), a_task(), a_task(function_id=FOREIGN.id)]
        first, *_ = await queue(store, *tasks, a_task(delay_ms=LONG_MS))
        await queue(store, late := a_task()._replace(expires_at_ms=1))
        await store.reap(10)
        standing = await store.queues.standing()
        assert [each.depth for each in standing.queues] == [1, 2, 0]
        (shown,) = await store.get([first])
        assert shown is not None
        assert standing.queues[0].oldest_at_ms == shown.created_at_ms
        assert (standing.delayed, standing.running) == (1, 1)
        totals = standing.totals
        assert (totals.submitted, totals.completed, totals.failed) == (9, 1, 1)
        assert (totals.cancelled, totals.expired) == (1, 1)
        (ended,) = await store.get([late.id])
        assert ended is not None
        assert ended.status is TaskStatus.EXPIRED

    async def test_the_rates_are_those_of_the_last_minute(self, store: Store) -> None:
        await running(store, *(a_task() for _ in range(60)))
        one = (await store.queues.standing()).queues[1]
        assert 1.0 <= one.submitted_per_s <= 60 / 54
        assert one.claimed_per_s == one.submitted_per_s

    async def test_of_a_paused_priority_nothing_is_claimed_and_nothing_rings(
        self, store: Store
    ) -> None:
        await store.queues.pause(1)
        await store.queues.pause(1)
        (waits, urgent) = await queue(store, a_task(), a_task(priority=0))
        assert await taken_ids(store) == [urgent]
        claim = await store.claim("d1", "token", {TAG: 5}, LONG_MS)
        assert (claim.tasks, claim.left, claim.elsewhere) == ((), (), ())
        assert [each.paused for each in (await store.queues.standing()).queues] == [
            False,
            True,
            False,
        ]
        await store.listen("d1", 0)
        assert not (await store.listen("d1", 0)).work
        await store.queues.resume(1)
        assert (await store.listen("d1", 0)).work
        assert await taken_ids(store) == [waits]

    async def test_a_purge_cancels_what_waits_of_a_priority_and_nothing_else(
        self, store: Store
    ) -> None:
        await store.put([FUNCTION, FOREIGN])
        (runs,) = await running(store)
        waiting = [
            *(a_task() for _ in range(250)),
            *(a_task(function_id=FOREIGN.id) for _ in range(3)),
            *(a_task(delay_ms=LONG_MS) for _ in range(230)),
        ]
        others = [a_task(priority=0), *(a_task(priority=2, delay_ms=LONG_MS) for _ in range(120))]
        await queue(store, *waiting, *others)
        assert await store.queues.purge(1) == len(waiting)
        assert await store.queues.purge(1) == 0
        statuses = {task.status for task in await store.get([each.id for each in waiting]) if task}
        assert statuses == {TaskStatus.CANCELLED}
        standing = await store.queues.standing()
        assert ([each.depth for each in standing.queues], standing.delayed) == ([1, 0, 0], 120)
        assert await store.complete(done([runs]))
        assert [leased.attempt.task_id for leased in await take(store)] == [others[0].id]

    async def test_a_task_knows_its_place_in_line(self, store: Store) -> None:
        first, urgent, last, late = await queue(
            store,
            a_task(),
            a_task(priority=0),
            a_task(),
            a_task(delay_ms=LONG_MS),
        )
        await store.put([FOREIGN])
        (foreign,) = await queue(store, a_task(priority=2, function_id=FOREIGN.id))
        places = [await store.queues.place(each) for each in (urgent, first, last, late, foreign)]
        assert places == [
            Place(TAG, 0),
            Place(TAG, 1),
            Place(TAG, 2),
            Place(TAG, None),
            Place(FOREIGN.environment.tag, 0),
        ]
        await take(store, 2)
        assert await store.queues.place(first) == Place(TAG, None)
        assert await store.queues.place(last) == Place(TAG, 0)

    async def test_what_does_not_exist_has_no_place(self, store: Store) -> None:
        assert await store.queues.place(a_task().id) is None
