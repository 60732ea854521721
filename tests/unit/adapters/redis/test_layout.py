"""What the store leaves on the server, and what the contracts cannot see of it."""

from typing import Any

import pytest
from fakeredis import FakeServer

from gofer.adapters.redis.driver import Timeouts, open_clients
from gofer.adapters.redis.options import StoreOptions
from gofer.adapters.redis.scripts import read_scripts
from gofer.adapters.redis.store import RedisStore
from gofer.domain.errors import InvalidInput, StoreIncompatible
from gofer.domain.ports import Cancelled, Submitted
from gofer.domain.task import Budget, Success
from tests.contracts.redis_backend import RedisBackend, RedisBackends, fake_clients
from tests.contracts.store_backend import (
    FUNCTION,
    LONG_MS,
    SHORT_MS,
    TAG,
    a_function,
    a_task,
    done,
    lost,
    queue,
    running,
    take,
    taken_ids,
)
from tests.support.waiting import wait_until_async

PREFIX = "{gofer:0}:"
MEBIBYTE = 1024 * 1024


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


def opened(server: FakeServer, scripts: dict[str, str] | None = None) -> RedisBackend:
    return RedisBackends(lambda: fake_clients(server), scripts)(retention_ms=SHORT_MS)


async def keys_of(client: Any) -> set[str]:
    return {key.decode() for key in await client.keys("*")}


async def test_past_the_retention_no_key_of_a_task_is_left(server: FakeServer) -> None:
    backend = opened(server)
    store = backend.store
    tasks = [a_task(budget=Budget(redeliveries=0), priority=n % 3) for n in range(9)]
    completed, failed, cancelled, reaped, *rest = await running(store, *tasks)
    (delayed,) = await queue(store, a_task(delay_ms=LONG_MS))
    await store.start([reaped])
    await store.renew([reaped], 0)
    await store.reap(10)
    await store.complete(done([completed]))
    await store.fail(lost([failed]))
    await store.release(rest)
    again = [leased.attempt for leased in await take(store)]
    await store.cancel([cancelled.task_id, delayed])
    await store.complete(done(again))
    await store.listen("d1", 0)
    await store.listen("d1", 0)

    async def only_functions() -> bool:
        await store.reap(1)  # as dispatchers do all the time
        left = await keys_of(backend.client)
        rates = {key for key in left if key.startswith(f"{PREFIX}rate:")}
        assert all([await backend.client.ttl(key) > 0 for key in rates])
        function = {f"f:{FUNCTION.id}", f"fn:{FUNCTION.name}", "functions", "tags"}
        lasting = {f"{PREFIX}{key}" for key in (*function, "listeners", "totals")}
        return left - rates == lasting

    await wait_until_async(only_functions, "only the function is left, and the listener")


async def test_every_key_that_is_no_task_has_a_bound(server: FakeServer) -> None:
    backend = opened(server)
    await backend.store.listen("d1", 0)
    attempts = await running(backend.store, *(a_task() for _ in range(3)))
    await queue(backend.store, a_task(), a_task(delay_ms=LONG_MS))
    await backend.store.cancel([attempts[0].task_id])
    for key in (f"{PREFIX}listeners", f"{PREFIX}bell:d1", f"{PREFIX}inbox:d1"):
        assert await backend.client.ttl(key) > 0
    assert await backend.client.llen(f"{PREFIX}bell:d1") == 1


async def test_an_ended_task_keeps_no_payload(server: FakeServer) -> None:
    backend = RedisBackends(lambda: fake_clients(server))()
    (attempt,) = await running(backend.store, a_task(b"x" * 1_000))
    await backend.store.complete(done([attempt]))
    assert b"x" * 9 not in await backend.client.get(f"{PREFIX}t:{attempt.task_id}")


async def test_a_long_payload_has_a_key_of_its_own_until_its_task_ends(server: FakeServer) -> None:
    backend = RedisBackends(lambda: fake_clients(server))()
    await queue(backend.store, a_task(b"x" * 5_000))
    (leased,) = await take(backend.store)
    assert leased.payload == b"x" * 5_000
    key = f"{PREFIX}p:{leased.attempt.task_id}"
    assert await backend.client.exists(key) == 1
    await backend.store.complete(done([leased.attempt], b"y" * 5_000))
    assert await backend.client.exists(key) == 0
    assert await backend.client.ttl(f"{PREFIX}x:{leased.attempt.task_id}") > 0


async def test_a_cancelled_entry_of_a_long_queue_is_dropped_when_a_claim_comes_to_it(
    server: FakeServer,
) -> None:
    scripts = read_scripts()
    scripts["cancel"] = scripts["cancel"].replace("SEARCHED = 1000", "SEARCHED = -1")
    backend = opened(server, scripts)
    ids = await queue(backend.store, *(a_task() for _ in range(6)))
    assert await backend.store.cancel(ids[:4]) == [Cancelled.PREVENTED] * 4
    assert await backend.client.llen(f"{PREFIX}ready:1:{TAG}") == 6
    await backend.advance(SHORT_MS)
    assert await taken_ids(backend.store) == ids[4:]
    assert await backend.client.llen(f"{PREFIX}ready:1:{TAG}") == 0


async def test_large_payloads_come_in_several_claims_and_lose_their_order_never(
    server: FakeServer,
) -> None:
    backend = RedisBackends(lambda: fake_clients(server))()
    store = backend.store
    payload = bytes(6 * MEBIBYTE)
    ids = await queue(store, *(a_task(payload) for _ in range(5)))
    first = await take(store)
    assert [leased.attempt.task_id for leased in first] == ids[:3]
    assert (await store.listen("d1", 0)).work
    assert await taken_ids(store) == ids[3:]
    attempts = [leased.attempt for leased in first]
    await store.complete(done(attempts, payload))
    outcomes = await store.outcomes(ids)
    assert [found is not None and found[1] is not None for found in outcomes] == [True] * 3 + [
        False
    ] * 2


async def test_large_functions_are_fetched_in_several_calls(server: FakeServer) -> None:
    store = RedisBackends(lambda: fake_clients(server))().store
    functions = [a_function(bytes(9 * MEBIBYTE) + b"%d" % n, f"f{n}") for n in range(4)]
    await store.put(functions)
    assert await store.fetch([function.id for function in functions]) == functions


async def test_two_namespaces_on_one_server_do_not_meet(server: FakeServer) -> None:
    stores = [
        RedisStore(*fake_clients(server), StoreOptions(namespace=name)) for name in ("a", "b")
    ]
    await queue(stores[0])
    assert await taken_ids(stores[1]) == []
    assert await stores[1].submit([a_task()]) == [Submitted.NO_FUNCTION]


async def test_what_cannot_be_read_is_another_versions(server: FakeServer) -> None:
    backend = RedisBackends(lambda: fake_clients(server))()
    store, client = backend.store, backend.client
    (attempt,) = await running(store)
    await store.complete(done([attempt]))
    key = f"{PREFIX}t:{attempt.task_id}"
    whole = await client.get(key)
    head, line, body = whole.split(b"\n", 2)
    damage = (
        b"\n".join((head, line, b"i7:rubbish")),
        b"\n".join((head, line, b"i5:\x93\x01\x01\xa1\xff")),
        b"\n".join((head, line, b"i50005:\x94\x01\x01\xa0" + b"\x91" * 50_000 + b"\x00")),
        b"\n".join((head, line, b"ix:")),
        b"\n".join((head, b"soon", body)),
        head,
        b"rubbish",
        b"?" + whole[1:],
        whole.replace(b" cpython", b"-cpython"),
        whole.replace(b" 0,0,0 ", b" 0,0 "),
    )
    for rubbish in damage:
        await client.set(key, rubbish)
        with pytest.raises(StoreIncompatible, match=attempt.task_id):
            await store.outcomes([attempt.task_id])
    await client.hset(f"{PREFIX}f:{FUNCTION.id}", "v", "three")
    with pytest.raises(StoreIncompatible, match=FUNCTION.id):
        await store.fetch([FUNCTION.id])


async def test_what_cannot_be_read_holds_up_no_claim_and_is_named(
    server: FakeServer, caplog: pytest.LogCaptureFixture
) -> None:
    backend = RedisBackends(lambda: fake_clients(server))()
    store, client = backend.store, backend.client
    queued, held = await queue(store, a_task(), a_task())

    async def damage(task_id: str) -> None:
        key = f"{PREFIX}t:{task_id}"
        await client.set(key, (await client.get(key)).replace(b" 0,2, ", b" rubbish "))

    await damage(queued)
    (leased,) = await take(store)
    assert leased.attempt.task_id == held
    assert f"left until its lease ends: the store holds a task {queued}" in caplog.text
    await damage(held)
    assert leased.attempt in await store.leased("d1")
    await client.set(f"{PREFIX}t:{queued}", "rubbish")
    assert await store.leased("d1") == [leased.attempt]
    await client.set(f"{PREFIX}t:{queued}", "R x fence d1 -")
    assert await store.leased("d1") == [leased.attempt]
    with pytest.raises(StoreIncompatible, match=held):
        await store.adopt("d2", [leased.attempt], LONG_MS)


@pytest.mark.parametrize("size", [b"many", b"", b"-1"])
async def test_a_long_outcome_whose_size_is_damaged_ends_no_look_and_is_told_whole(
    server: FakeServer, size: bytes
) -> None:
    backend = RedisBackends(lambda: fake_clients(server))()
    store, client = backend.store, backend.client
    ended, held = await running(store, a_task(), a_task())
    await store.complete(done([ended], b"x" * 9_000))
    key = f"{PREFIX}t:{ended.task_id}"
    before = await client.get(key)
    await client.set(key, before.replace(b",9000:", b",%b:" % size))
    assert await client.get(key) != before
    await client.zadd(f"{PREFIX}lease", {ended.task_id: 2**50})
    assert await store.leased("d1") == [held]
    ((_, outcome),) = [each for each in await store.outcomes([ended.task_id]) if each]
    assert outcome == Success(b"x" * 9_000)


@pytest.mark.parametrize("url", ["", "http://h", "redis://h:port", "redis://u:hunter2@h/x?db=y"])
def test_a_url_that_is_none_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(InvalidInput, match="redis://host") as raised:
        open_clients(url, Timeouts())
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("url", ["redis://h:1/0", "rediss://h", "unix:///run/redis.sock"])
def test_a_store_is_made_from_a_url_without_connecting(url: str) -> None:
    assert isinstance(RedisStore.from_url(url), RedisStore)
