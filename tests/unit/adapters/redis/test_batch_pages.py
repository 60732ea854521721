"""Pages of a batch's results stay within bounds, however large the results are."""

import pytest
from fakeredis import FakeServer

from gofer.adapters.redis import batch_store
from gofer.adapters.redis.store import RedisStore
from gofer.domain.policy import BATCH as CALL
from tests.contracts.redis_backend import fake_clients
from tests.contracts.store_backend import done, running
from tests.contracts.task_store_batches import BATCH, members, positions


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
