"""Several stores on one real server at once: nothing is given twice, and wake-ups arrive."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from gofer.adapters.redis.driver import Timeouts, open_clients
from gofer.adapters.redis.options import StoreOptions
from gofer.adapters.redis.scripts import read_scripts
from gofer.adapters.redis.store import RedisStore
from gofer.domain.identifiers import Attempt, TaskId
from gofer.domain.ports import Completion, Hint, Written
from gofer.domain.task import Success
from tests.contracts.redis_backend import POLL_S
from tests.contracts.store_backend import (
    LONG_MS,
    SHORT_MS,
    WORKER,
    a_task,
    done,
    queue,
    running,
    take,
)
from tests.support.redis_admin import redis_admin
from tests.support.waiting import wait_until_async

Opened = Callable[[], RedisStore]


@pytest.fixture
async def opened(redis_url: str) -> AsyncIterator[Opened]:
    stores: list[RedisStore] = []

    def another() -> RedisStore:
        store = RedisStore.from_url(redis_url, StoreOptions(poll_s=POLL_S))
        stores.append(store)
        return store

    yield another
    for store in stores:
        await store.close()


async def test_many_claimers_never_get_the_same_task(opened: Opened) -> None:
    ids = await queue(opened(), *(a_task(priority=n % 3) for n in range(600)))
    claimed: list[TaskId] = []

    async def claim_all(store: RedisStore, owner: str) -> None:
        while tasks := await take(store, limit=7, fence=owner, owner=owner):
            claimed.extend(leased.attempt.task_id for leased in tasks)

    await asyncio.gather(*(claim_all(opened(), f"d{n}") for n in range(6)))
    assert sorted(claimed) == sorted(ids)


async def test_many_reapers_never_take_the_same_lease(opened: Opened) -> None:
    attempts = await running(opened(), *(a_task() for _ in range(90)), lease_ms=SHORT_MS)
    reaped: list[Attempt] = []

    async def reap_some(store: RedisStore) -> None:
        reaped.extend(each.attempt for each in await store.reap(7))

    async def all_reaped() -> bool:
        await asyncio.gather(*(reap_some(store) for store in stores))
        return len(reaped) >= len(attempts)

    stores = [opened() for _ in range(4)]
    await wait_until_async(all_reaped, "all leases are reaped")
    assert len(reaped) == len(set(reaped)) == len(attempts)


async def test_one_of_completion_and_cancel_wins(opened: Opened) -> None:
    attempts = await running(opened(), *(a_task() for _ in range(50)))
    one, other = opened(), opened()
    for attempt in attempts:
        (written,), (cancelled,) = await asyncio.gather(
            one.complete(done([attempt])), other.cancel([attempt.task_id])
        )
        assert (written is Written.RECORDED) == (cancelled.value == "too_late")


async def test_a_waiter_in_another_process_is_woken_by_the_completion(opened: Opened) -> None:
    api, dispatcher = opened(), opened()
    attempts = await running(dispatcher, *(a_task() for _ in range(30)))
    waits = [asyncio.create_task(api.wait([a.task_id], 30)) for a in attempts]
    await asyncio.wait(waits, timeout=0.05)
    loop = asyncio.get_running_loop()
    before = loop.time()
    await dispatcher.complete(done(attempts))
    assert await asyncio.gather(*waits) == [{a.task_id} for a in attempts]
    assert loop.time() - before < POLL_S, "the slow poll found it, not the published message"


async def test_who_expects_a_task_is_told_what_came_of_it_by_the_news_of_its_end(
    opened: Opened,
) -> None:
    api, dispatcher = opened(), opened()
    await queue(dispatcher)
    await api.wait([(await take(dispatcher))[0].attempt.task_id], 0.05)  # it has subscribed
    for result, told in ((b"short", True), (b"long" * 4_000, False)):
        task = a_task()
        with api.expect(task.id) as expected:
            await api.submit([task])
            (leased,) = await take(dispatcher)
            await dispatcher.complete([Completion(leased.attempt, WORKER, Success(result))])
            found = await expected.ended(30)
        assert found is None or found[1] == Success(result)
        assert (found is not None) == told


async def test_all_waiters_of_a_store_share_one_subscription(
    opened: Opened, redis_url: str
) -> None:
    store = opened()
    attempts = await running(store, *(a_task() for _ in range(40)))
    waits = [asyncio.create_task(store.wait([a.task_id], 30)) for a in attempts]
    with redis_admin(redis_url) as admin:

        def subscribers() -> int:
            return int(admin.execute_command("PUBSUB", "NUMSUB", "{gofer:0}:ended")[1])

        await wait_until_async(subscribers, "the store has subscribed")
        assert subscribers() == 1
    await store.complete(done(attempts))
    await asyncio.gather(*waits)


async def test_a_lost_message_costs_one_slow_poll(redis_url: str) -> None:
    scripts = {
        name: text.replace("P .. 'ended'", "'lost'") for name, text in read_scripts().items()
    }
    clients = open_clients(redis_url, Timeouts())
    store = RedisStore(*clients, StoreOptions(poll_s=0.05), scripts)
    (attempt,) = await running(store)
    waiting = asyncio.create_task(store.wait([attempt.task_id], 30))
    await asyncio.wait([waiting], timeout=0.05)
    await store.complete(done([attempt]))
    assert await waiting == {attempt.task_id}
    await store.close()


async def test_listeners_in_other_processes_are_woken_by_submit_and_cancel(opened: Opened) -> None:
    api, dispatcher = opened(), opened()
    await dispatcher.listen("d1", 0)
    listening = asyncio.create_task(dispatcher.listen("d1", 30))
    await asyncio.wait([listening], timeout=0.05)
    (task_id,) = await queue(api)
    assert await listening == Hint(work=True)
    await take(dispatcher, lease_ms=LONG_MS)
    listening = asyncio.create_task(dispatcher.listen("d1", 30))
    await asyncio.wait([listening], timeout=0.05)
    await api.cancel([task_id])
    assert await listening == Hint(cancelled=(task_id,))


async def test_a_listener_that_gives_up_takes_no_hint_with_it(opened: Opened) -> None:
    api, dispatcher = opened(), opened()
    await dispatcher.listen("d1", 0)
    quitter = asyncio.create_task(dispatcher.listen("d1", 30))
    await asyncio.wait([quitter], timeout=0.05)
    quitter.cancel()
    await asyncio.wait([quitter])
    await queue(api)
    assert await dispatcher.listen("d1", 30) == Hint(work=True)
