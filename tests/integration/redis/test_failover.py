"""A failover that loses the last writes: the store goes back, and the promises still hold."""

from collections.abc import AsyncIterator

import pytest

from gofer.adapters.redis.driver import Timeouts
from gofer.adapters.redis.options import StoreOptions
from gofer.adapters.redis.store import RedisStore
from gofer.domain.errors import StoreUnavailable
from gofer.domain.ports import Reaped, Submitted, Written
from gofer.domain.task import Success, TaskStatus
from tests.contracts.store_backend import FUNCTION, SHORT_MS, a_task, done, queue, running, take
from tests.support.failover import Pair
from tests.support.waiting import wait_until_async

QUICK = StoreOptions(timeouts=Timeouts(connect_s=0.5, operation_s=0.5), poll_s=0.1)


@pytest.fixture
async def store(redis_pair: Pair) -> AsyncIterator[RedisStore]:
    opened = RedisStore.from_url(redis_pair.url, QUICK)
    await opened.put([FUNCTION])
    yield opened
    await opened.close()


async def fail_over(store: RedisStore, pair: Pair) -> None:
    pair.fail_over()
    await wait_until_async(lambda: takes_writes(store), "the store answers again")


async def takes_writes(store: RedisStore) -> bool:
    try:
        await store.put([FUNCTION])
    except StoreUnavailable:
        return False
    return True


async def test_a_submission_that_was_lost_is_gone_and_may_be_repeated(
    store: RedisStore, redis_pair: Pair
) -> None:
    task = a_task()
    (kept,) = await queue(store)
    redis_pair.lose_writes_from_now_on()
    await queue(store, task)
    await fail_over(store, redis_pair)
    assert await store.get([task.id]) == [None]
    assert await store.submit([task]) == [Submitted.NEW]
    assert [leased.attempt.task_id for leased in await take(store)] == [kept, task.id]


async def test_an_outcome_that_was_lost_is_recorded_when_its_worker_sends_it_again(
    store: RedisStore, redis_pair: Pair
) -> None:
    (attempt,) = await running(store)
    redis_pair.lose_writes_from_now_on()
    assert await store.complete(done([attempt])) == [Written.RECORDED]
    await fail_over(store, redis_pair)
    (task,) = await store.get([attempt.task_id])
    assert task is not None
    assert task.status is TaskStatus.RUNNING
    assert await store.complete(done([attempt])) == [Written.RECORDED]
    assert await store.complete(done([attempt])) == [Written.DUPLICATE]


async def test_an_outcome_that_was_lost_comes_too_late_once_the_task_runs_again(
    store: RedisStore, redis_pair: Pair
) -> None:
    (first,) = await running(store, lease_ms=SHORT_MS)
    redis_pair.lose_writes_from_now_on()
    await store.complete(done([first], b"first"))
    await fail_over(store, redis_pair)

    async def reaped() -> bool:
        return await store.reap(10) == [Reaped(first, failed=False)]

    await wait_until_async(reaped, "the lease that nobody renews is taken away")
    (again,) = await take(store, fence="second")
    assert again.attempt.number == 2
    assert await store.complete(done([first], b"first")) == [Written.STALE]
    assert await store.complete(done([again.attempt], b"second")) == [Written.RECORDED]
    (found,) = await store.outcomes([first.task_id])
    assert found is not None
    assert isinstance(found[1], Success)
    assert found[1].result == b"second"


async def test_a_claim_that_was_lost_cannot_write_what_another_one_of_its_number_runs(
    store: RedisStore, redis_pair: Pair
) -> None:
    await queue(store)
    redis_pair.lose_writes_from_now_on()
    (lost,) = await take(store, fence="lost", owner="d1")
    await fail_over(store, redis_pair)
    (valid,) = await take(store, fence="valid", owner="d2")
    assert lost.attempt.number == valid.attempt.number == 1
    assert await store.start([lost.attempt]) == [Written.STALE]
    assert await store.renew([lost.attempt], 1_000) == [lost.attempt]
    assert await store.complete(done([lost.attempt], b"lost")) == [Written.STALE]
    assert await store.complete(done([valid.attempt], b"valid")) == [Written.RECORDED]


async def test_a_master_that_becomes_a_replica_is_left_for_the_one_that_replaces_it(
    store: RedisStore, redis_pair: Pair
) -> None:
    (attempt,) = await running(store)
    redis_pair.demote_the_master()
    with pytest.raises(StoreUnavailable, match=r"replica|connection"):
        await store.complete(done([attempt]))
    # no connection was broken off: only a new one leads to the new master
    assert await store.complete(done([attempt])) == [Written.RECORDED]
    assert await store.submit([a_task()]) == [Submitted.NEW]
