"""Whoever follows a batch is told by the news of its ends, and looks only where it must."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from fakeredis import FakeServer

from gofer.adapters.redis import following
from gofer.adapters.redis.batch_store import RedisBatches
from gofer.adapters.redis.options import StoreOptions
from gofer.adapters.redis.scripts import read_scripts
from gofer.adapters.redis.store import RedisStore
from gofer.domain.identifiers import Attempt, BatchId, new_batch_id
from gofer.domain.ports import BatchPage
from tests.contracts.redis_backend import fake_clients
from tests.contracts.store_backend import done, lost, running
from tests.contracts.task_store_batches import BATCH, members

POLL_S = 5.0


Look = Callable[..., Awaitable[BatchPage | None]]


class Watched:
    """A store whose looks at batches are counted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, poll_s: float = POLL_S) -> None:
        self._looks = 0
        monkeypatch.setattr(RedisBatches, "endings", self._counted(RedisBatches.endings))
        self.clients = fake_clients(FakeServer())
        self.store = RedisStore(*self.clients, StoreOptions(poll_s=poll_s))

    def _counted(self, look: Look) -> Look:
        async def counted(*arguments: object) -> BatchPage | None:
            self._looks += 1
            return await look(*arguments)

        return counted

    def looks(self) -> int:
        """Return how often the store was looked at since the last call."""
        looks, self._looks = self._looks, 0
        return looks

    def follow(self, first: int, batch: BatchId = BATCH) -> "asyncio.Task[BatchPage | None]":
        """Wait for what ends behind the ``first`` so many."""
        return asyncio.create_task(self.store.next_endings(batch, first, 9, 30))


@pytest.fixture
async def watched(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watched]:
    made = Watched(monkeypatch)
    yield made
    await made.store.close()


async def told(watched: Watched, first: int, attempts: list[Attempt], result: bytes = b"r") -> int:
    """Have attempts end while somebody waits; return how many endings it was told."""
    waiting = watched.follow(first)
    await asyncio.wait([waiting], timeout=0.05)
    await watched.store.complete(done(attempts, result))
    async with asyncio.timeout(10):
        page = await waiting
    assert page is not None
    return len(page.endings)


async def test_who_has_read_all_so_far_does_not_look(watched: Watched) -> None:
    attempts = await running(watched.store, *members(5))
    assert await told(watched, 0, attempts[:1]) == 1
    assert watched.looks() == 1
    assert await told(watched, 1, attempts[1:2]) == 1
    assert await told(watched, 2, attempts[2:4]) == 2
    assert watched.looks() == 0


async def test_who_comes_late_looks_once_and_follows_from_then_on(watched: Watched) -> None:
    attempts = await running(watched.store, *members(6))
    assert await told(watched, 0, attempts[:1]) == 1
    assert await told(watched, 1, attempts[1:3]) == 2
    assert watched.looks() == 1
    page = await watched.store.next_endings(BATCH, 1, 9, 30)
    assert page is not None
    assert len(page.endings) == 2
    assert await told(watched, 3, attempts[3:4]) == 1
    assert watched.looks() == 1, "the one that found two"
    assert await told(watched, 4, attempts[4:5]) == 1
    assert watched.looks() == 0


async def test_a_result_that_is_not_in_the_news_is_looked_for(watched: Watched) -> None:
    attempts = await running(watched.store, *members(4))
    assert await told(watched, 0, attempts[:1]) == 1
    assert watched.looks() == 1
    assert await told(watched, 1, attempts[1:2], b"long" * 2_000) == 1
    assert watched.looks() == 1
    assert await told(watched, 2, attempts[2:3]) == 1
    assert watched.looks() == 1, "after news without its strings nothing is known"


async def test_what_ends_in_bulk_is_looked_for(watched: Watched) -> None:
    attempts = await running(watched.store, *members(20))
    assert await told(watched, 0, attempts[:11]) == 9, "as many as it wants"
    assert watched.looks() == 2


async def test_a_wait_that_begins_with_a_failure_taken_back_goes_on(watched: Watched) -> None:
    one, two = await running(watched.store, *members(2))
    await watched.store.fail(lost([one]))
    await watched.store.history.retry([one.task_id])
    waiting = watched.follow(1)
    await asyncio.wait([waiting], timeout=0.05)
    await watched.store.complete(done([two]))
    async with asyncio.timeout(10):
        page = await waiting
    assert page is not None
    assert [each.position for each in page.endings] == [2]
    assert (page.state.ended, page.state.void) == (1, 1)


async def test_two_who_follow_a_batch_are_both_told(watched: Watched) -> None:
    one, _ = await running(watched.store, *members(2))
    waits = [watched.follow(0), watched.follow(0)]
    await asyncio.wait(waits, timeout=0.05)
    await watched.store.complete(done([one]))
    async with asyncio.timeout(10):
        pages = await asyncio.gather(*waits)
    assert [len(page.endings) for page in pages if page is not None] == [1, 1]


async def test_a_lost_message_costs_one_slow_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, poll_s=0.05)
    try:
        attempts = await running(watched.store, *members(3))
        assert await told(watched, 0, attempts[:1]) == 1
        waiting = watched.follow(1)
        await asyncio.wait([waiting], timeout=0.02)
        scripts = read_scripts()
        silent = {k: v.replace("P .. 'ended'", "'lost'") for k, v in scripts.items()}
        other = RedisStore(*watched.clients, None, silent)
        await other.complete(done(attempts[1:2]))
        async with asyncio.timeout(10):
            page = await waiting
        assert page is not None
        assert len(page.endings) == 1
    finally:
        await watched.store.close()


async def test_only_so_many_batches_are_followed(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MOST", 2)
    attempts = await running(watched.store, *members(3))
    assert await told(watched, 0, attempts[:1]) == 1
    for number in range(2):
        await watched.store.next_endings(new_batch_id(1_700_000_000_000, 100 + number), 0, 9, 30)
    watched.looks()
    assert await told(watched, 1, attempts[1:2]) == 1
    assert watched.looks() == 1, "it was forgotten for others"
