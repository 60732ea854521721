"""What every TaskStore does with more tasks than one of its calls takes: nothing special."""

import pytest

from gofer.domain.policy import BATCH
from gofer.domain.ports import Store, Submitted, Written
from gofer.domain.task import TaskStatus
from tests.contracts.store_backend import (
    FOREIGN,
    FOREIGN_TAG,
    LONG_MS,
    TAG,
    a_task,
    done,
    queue,
    take,
)
from tests.contracts.store_contract import StoreContract


class ManyContract(StoreContract):
    @pytest.mark.parametrize("count", [0, 1, BATCH, 9 * BATCH + 1])
    async def test_tasks_that_are_made_as_they_are_taken_keep_their_order(
        self, store: Store, count: int
    ) -> None:
        await queue(store)
        made = [a_task() for _ in range(count)]
        assert await store.submit(task for task in made) == [Submitted.NEW] * count
        leased = await take(store, limit=count + 1)
        assert [each.attempt.task_id for each in leased[1:]] == [task.id for task in made]

    async def test_more_tasks_of_two_environments_than_one_script_call_takes(
        self, store: Store
    ) -> None:
        await store.put([FOREIGN])
        ours = await queue(store, *(a_task() for _ in range(130)))
        theirs = await queue(store, *(a_task(function_id=FOREIGN.id) for _ in range(130)))
        claim = await store.claim("d1", "token", {TAG: 120, FOREIGN_TAG: 300}, LONG_MS)
        assert [leased.attempt.task_id for leased in claim.tasks] == ours[:120] + theirs
        assert claim.left == (TAG,)

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
