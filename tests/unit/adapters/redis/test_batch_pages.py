"""Pages of a batch's results stay within bounds, however large the results are."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from fakeredis import FakeServer

from gofer.adapters.redis import batch_store, bodies
from gofer.adapters.redis.driver import Driver
from gofer.adapters.redis.store import RedisStore
from gofer.domain.policy import BATCH as CALL
from tests.contracts.redis_backend import fake_clients
from tests.contracts.store_backend import done, running
from tests.contracts.task_store_batches import BATCH, members, positions

Bodies = Callable[[Driver, Sequence[str]], Awaitable[list[bytes | None]]]


@pytest.fixture
def store() -> RedisStore:
    return RedisStore(*fake_clients(FakeServer()))


async def test_a_page_ends_where_its_bytes_are_used_up(
    store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_store, "CALL_BYTES", 5_000)
    await store.complete(done(await running(store, *members(20)), b"r" * 900))
    first = await positions(store)
    assert 4 <= len(first) <= 6
    assert first + await positions(store, len(first)) == list(range(1, 2 * len(first) + 1))
    await store.close()


async def test_the_bytes_of_a_page_are_counted_over_all_its_calls(
    store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = [await running(store, task) for task in members(CALL + 50)]
    await store.complete(done([attempt for (attempt,) in attempts], b"r" * 1_000))
    whole = len(await positions(store))
    monkeypatch.setattr(batch_store, "CALL_BYTES", CALL * 1_300)
    assert CALL <= len(await positions(store)) < whole == CALL + 50
    await store.close()


async def test_a_result_that_is_larger_than_a_page_comes_alone(
    store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_store, "CALL_BYTES", 10)
    await store.complete(done(await running(store, *members(3)), b"r" * 900))
    assert [await positions(store, first) for first in range(4)] == [[1], [2], [3], []]
    assert await store.endings(BATCH, 0, 0) is not None
    await store.close()


async def test_what_is_left_out_counts_among_the_bytes_of_a_page(
    store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_store, "CALL_BYTES", 20_000)
    await store.complete(done(await running(store, *members(9)), b"r" * 5_000))
    page = await store.endings(BATCH, 0, 9, 4_999)
    assert page is not None
    assert [ending.left_out for ending in page.endings] == [5_000] * 4
    await store.close()


async def test_long_results_are_asked_for_a_portion_ahead_and_no_further(
    store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "PORTION_BYTES", 10_000)
    await store.complete(done(await running(store, *members(9)), b"r" * 5_000))
    page = await store.endings(BATCH, 0, 9, 4_999)
    assert page is not None
    asked: list[int] = []
    monkeypatch.setattr(Driver, "bodies", counting(Driver.bodies, asked))
    results = store.long_results(BATCH, page.endings)
    for read, there in [(1, [2, 2]), (2, [2, 2]), (3, [2, 2, 2])]:
        assert await anext(results) == b"r" * 5_000
        await asyncio.sleep(0)
        assert asked == there, read
    assert len([body async for body in results]) == 6
    assert asked == [2, 2, 2, 2, 1]
    await store.close()


def counting(call: Bodies, asked: list[int]) -> Bodies:
    """Return a call that notes how many it was asked for."""

    async def counted(driver: Driver, keys: Sequence[str]) -> list[bytes | None]:
        asked.append(len(keys))
        return await call(driver, keys)

    return counted
