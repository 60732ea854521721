"""Calls that end half way: a claim whose second part fails, and waits that a close cuts short."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest
from fakeredis import FakeServer
from redis import exceptions
from redis.asyncio import Redis

from gofer.adapters.redis.batches import ABREAST
from gofer.adapters.redis.lines import Lines
from gofer.adapters.redis.options import StoreOptions
from gofer.adapters.redis.store import RedisStore
from gofer.adapters.redis.wire import Command
from gofer.domain.policy import BATCH
from gofer.domain.ports import Written
from tests.contracts.redis_backend import fake_clients
from tests.contracts.store_backend import LONG_MS, TAG, a_task, done, queue, running, take
from tests.support.waiting import wait_until_async


class Interrupted:
    """A client that works until ``calls_left`` calls were made, and then has no connection."""

    def __init__(self, client: Redis) -> None:
        self.client: Any = client
        self.calls_left = 1_000_000

    @property
    def connection_pool(self) -> "InterruptedPool":
        return InterruptedPool(self, self.client.connection_pool)

    def count(self) -> None:
        self.calls_left -= 1
        if self.calls_left < 0:
            raise exceptions.ConnectionError("gone")

    async def execute_command(self, *words: object) -> object:
        self.count()
        return await self.client.execute_command(*words)

    async def aclose(self, **options: object) -> None:
        await self.client.aclose(**options)


class InterruptedPool:
    """Its pool: the connections count their commands."""

    def __init__(self, owner: Interrupted, pool: Any) -> None:
        self.owner = owner
        self.pool = pool
        self.max_connections = pool.max_connections

    async def get_connection(self) -> object:
        connection = await self.pool.get_connection()
        send = connection.send_command

        async def counted(*words: object, **options: object) -> None:
            self.owner.count()
            await send(*words, **options)

        connection.send_command = counted
        return connection

    async def release(self, connection: object) -> None:
        await self.pool.release(connection)


def interrupted_store(poll_s: float = 5.0) -> tuple[RedisStore, Interrupted]:
    client, blocking = fake_clients(FakeServer())
    interrupted = Interrupted(client)
    options = StoreOptions(poll_s=poll_s)
    return RedisStore(cast("Redis", interrupted), blocking, options), interrupted


async def test_what_the_first_part_of_a_claim_leased_is_not_lost_when_the_second_fails() -> None:
    store, client = interrupted_store()
    await queue(store, *(a_task() for _ in range(BATCH + 11)))
    await take(store, limit=1)  # the server knows the script from now on
    client.calls_left = 1
    claim = await store.claim("d1", "fence", {TAG: BATCH + 10}, LONG_MS)
    assert (len(claim.tasks), claim.in_part) == (BATCH, True)
    client.calls_left = 100
    written = await store.complete(done([each.attempt for each in claim.tasks]))
    assert set(written) == {Written.RECORDED}
    await store.close()


async def test_a_claim_whose_payloads_cannot_be_had_says_that_there_is_more() -> None:
    store, client = interrupted_store()
    ids = await queue(store, a_task(b"short"), a_task(bytes(9_000)))
    await store.release([each.attempt for each in await take(store)])
    client.calls_left = 1
    claim = await store.claim("d1", "fence", {TAG: 9}, LONG_MS)
    client.calls_left = 100
    assert ([each.attempt.task_id for each in claim.tasks], claim.in_part) == (ids[:1], True)
    assert {each.task_id for each in await store.leased("d1")} == set(ids)
    await store.close()


async def asked_in_breaths(
    monkeypatch: pytest.MonkeyPatch, refused: int | None = None
) -> tuple[RedisStore, list[int]]:
    """Return a store with many tasks, and how many commands each breath of it has.

    Of the longest breath the answer at ``refused`` is lost to an error.
    """
    store, breaths = RedisStore(*fake_clients(FakeServer())), list[int]()
    await queue(store, *(a_task() for _ in range(6 * BATCH)))
    ask = Lines.ask

    async def noted(lines: Lines, commands: Sequence[Command], limit_s: float | None = None) -> Any:
        breaths.append(len(commands))
        answers = await ask(lines, commands, limit_s)
        if refused is not None and len(commands) == ABREAST:
            answers[refused] = exceptions.ResponseError("ERR not now")
        return answers

    monkeypatch.setattr(Lines, "ask", noted)
    return store, breaths


async def test_after_the_first_call_of_a_claim_some_go_in_one_breath(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, breaths = await asked_in_breaths(monkeypatch)
    await take(store, limit=1)  # the server knows the script from now on
    breaths.clear()
    assert len(await take(store, limit=5 * BATCH + 20)) == 5 * BATCH + 20
    assert breaths == [1, ABREAST, 1]
    await store.close()


async def test_what_a_claim_leased_is_not_lost_when_one_call_of_a_breath_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, breaths = await asked_in_breaths(monkeypatch, refused=1)
    await take(store, limit=1)
    breaths.clear()
    claim = await store.claim("d1", "fence", {TAG: 5 * BATCH + 20}, LONG_MS)
    assert len(claim.tasks) == ABREAST * BATCH, "but for the one that was refused"
    assert (breaths, claim.in_part) == ([1, ABREAST], True)
    written = await store.complete(done([each.attempt for each in claim.tasks]))
    assert set(written) == {Written.RECORDED}
    await store.close()


async def test_a_poll_that_fails_is_made_again() -> None:
    store, client = interrupted_store(poll_s=0.01)
    (attempt,) = await running(store)
    waiting = asyncio.create_task(store.wait([attempt.task_id], 30))
    await asyncio.wait([waiting], timeout=0.05)
    client.calls_left = 0
    await wait_until_async(lambda: client.calls_left < -2, "the poll has failed several times")
    client.calls_left = 1_000
    await store.complete(done([attempt]))
    assert await waiting == {attempt.task_id}
    await store.close()


async def test_closing_wakes_whoever_waits() -> None:
    store, _ = interrupted_store()
    (task_id,) = await queue(store)
    waiting = asyncio.create_task(store.wait([task_id], 30))
    await asyncio.wait([waiting], timeout=0.05)
    await store.close()
    assert await waiting == frozenset()


async def test_all_who_come_at_the_same_time_are_looked_up_in_one_call() -> None:
    store, client = interrupted_store()
    attempts = await running(store, *(a_task() for _ in range(20)))
    first = asyncio.create_task(store.wait([attempts[0].task_id], 30))
    await asyncio.wait([first], timeout=0.05)
    client.calls_left = 1_000
    waits = [asyncio.create_task(store.wait([each.task_id], 30)) for each in attempts]
    await asyncio.wait(waits, timeout=0.05)
    assert client.calls_left >= 998
    await store.complete(done(attempts))
    assert await asyncio.gather(*waits) == [{each.task_id} for each in attempts]
    await first
    await store.close()
