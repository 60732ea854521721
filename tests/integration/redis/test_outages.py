"""The store while its server is full, read-only, paused, killed, or has forgotten the scripts."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gofer.adapters.redis.driver import Timeouts, open_clients
from gofer.adapters.redis.options import StoreOptions
from gofer.adapters.redis.scripts import read_scripts
from gofer.adapters.redis.store import RedisStore
from gofer.domain.errors import StoreIncompatible, StoreUnavailable
from gofer.domain.identifiers import WorkerId
from gofer.domain.ports import Cancelled, Completion, Defeat, Reaped, Submitted, Written
from gofer.domain.task import Cause, Failure, Success, TaskStatus
from tests.contracts.store_backend import (
    FUNCTION,
    LONG_MS,
    RETRY_NOW,
    a_function,
    a_task,
    done,
    lost,
    queue,
    running,
    take,
)
from tests.contracts.store_choices import LONG, LONGEST
from tests.support.redis_admin import redis_admin
from tests.support.redis_server import RedisServer
from tests.support.waiting import wait_until_async

STORE_PAGE = Path(__file__).parents[3] / "docs" / "store.md"
ACL_RULE = re.compile(r"^ACL SETUSER (.+)$", re.MULTILINE)
QUICK = Timeouts(connect_s=0.3, operation_s=0.3)


@pytest.fixture
async def store(private_redis: RedisServer) -> AsyncIterator[RedisStore]:
    opened = RedisStore.from_url(private_redis.url, StoreOptions(timeouts=QUICK, poll_s=0.1))
    yield opened
    await opened.close()


def configure(server: RedisServer, *words: str) -> None:
    with redis_admin(server.url) as admin:
        admin.execute_command("CONFIG", "SET", *words)


async def keys_like(server: RedisServer, pattern: str) -> list[str]:
    with redis_admin(server.url) as admin:
        return [key.decode() for key in admin.execute_command("KEYS", "{gofer:0}:" + pattern)]


async def available(store: RedisStore) -> bool:
    try:
        return await store.ping() == "connected"
    except StoreUnavailable:
        return False


async def test_over_maxmemory_what_runs_goes_on_and_nothing_new_is_taken(
    store: RedisStore, private_redis: RedisServer
) -> None:
    attempts = await running(store, *(a_task() for _ in range(9)))
    (queued,) = await queue(store)
    configure(private_redis, "maxmemory", "1")
    for payload in (b"", LONG, LONGEST):
        with pytest.raises(StoreUnavailable, match="full"):
            await store.submit([a_task(payload)])
    with pytest.raises(StoreUnavailable, match="full"):
        await store.put([a_function()])
    with pytest.raises(StoreUnavailable, match="full"):
        await store.ping()
    assert await store.start(attempts) == [Written.RECORDED] * 9
    assert await store.renew(attempts, LONG_MS) == []
    assert None not in await store.adopt("d2", attempts, LONG_MS)
    assert await store.complete(done(attempts[:1])) == [Written.RECORDED]
    assert await store.fail(lost(attempts[1:2])) == [Written.RECORDED]
    assert await store.fail(lost(attempts[2:3], RETRY_NOW)) == [Written.RECORDED]
    assert await store.release(attempts[3:4]) == [Written.RECORDED]
    assert await store.cancel([attempts[4].task_id, queued]) == [
        Cancelled.STOPPING,
        Cancelled.PREVENTED,
    ]
    assert await store.renew(attempts[5:6], 0) == []
    assert await store.reap(1) == [Reaped(attempts[5], failed=False)]
    assert len(await take(store)) == 3
    (found,) = await store.outcomes([attempts[0].task_id])
    assert found is not None
    assert found[1] is not None
    configure(private_redis, "maxmemory", "0")
    assert await store.submit([a_task()]) == [Submitted.NEW]


@pytest.mark.parametrize("length", [len(LONG), len(LONGEST), 40 * len(LONGEST)])
async def test_over_maxmemory_what_runs_ends_however_long_its_results_are(
    store: RedisStore, private_redis: RedisServer, length: int
) -> None:
    attempts = await running(store, *(a_task(bytes(length)) for _ in range(6)))
    first, second = attempts[:3], attempts[3:]
    configure(private_redis, "maxmemory", "1")
    results = [bytes([n]) * (length + n) for n in range(3)]
    completions = [
        Completion(each, WorkerId("w1"), Success(result))
        for each, result in zip(first, results, strict=True)
    ]
    assert await store.complete(completions) == [Written.RECORDED] * 3
    failure = Failure(Cause.EXCEPTION, "ValueError", "no", exception=bytes(length))
    defeats = [Defeat(each, WorkerId("w1"), failure, None) for each in second]
    assert await store.fail(defeats) == [Written.RECORDED] * 3
    assert await store.complete(completions) == [Written.DUPLICATE] * 3
    found = await store.outcomes([each.task_id for each in attempts])
    outcomes = [outcome for each in found if each is not None for outcome in each[1:]]
    assert [o.result for o in outcomes if isinstance(o, Success)] == results
    assert [o.exception for o in outcomes if isinstance(o, Failure)] == [bytes(length)] * 3
    assert await keys_like(private_redis, "s:*") == []


async def test_a_long_body_that_vanishes_before_the_call_is_an_error_and_nothing_is_written(
    private_redis: RedisServer,
) -> None:
    scripts = read_scripts()
    vanishing = "redis.call('UNLINK', P .. 's:' .. ARGV[4] .. ':2')\n"
    scripts["submit"] = scripts["submit"].replace("local missing", vanishing + "local missing", 1)
    clients = open_clients(private_redis.url, QUICK)
    broken = RedisStore(*clients, scripts=scripts)
    tasks = [a_task(LONGEST) for _ in range(3)]
    try:
        await broken.put([FUNCTION])
        with pytest.raises(StoreUnavailable, match="gone when the call came"):
            await broken.submit(tasks)
        assert await broken.get([task.id for task in tasks]) == [None] * 3
        assert await keys_like(private_redis, "p:*") == []
    finally:
        await broken.close()


async def test_a_server_that_has_forgotten_the_scripts_still_finds_long_bodies(
    store: RedisStore, private_redis: RedisServer
) -> None:
    (attempt,) = await running(store, a_task())
    with redis_admin(private_redis.url) as admin:
        admin.execute_command("SCRIPT", "FLUSH")
    completion = Completion(attempt, WorkerId("w1"), Success(LONGEST))
    assert await store.complete([completion]) == [Written.RECORDED]
    (found,) = await store.outcomes([attempt.task_id])
    assert found is not None
    assert found[1] == Success(LONGEST)


async def test_a_killed_server_keeps_what_it_acknowledged(
    store: RedisStore, private_redis: RedisServer
) -> None:
    attempts = await running(store, a_task(), a_task())
    ids = await queue(store, *(a_task() for _ in range(20)))
    await store.complete(done(attempts[:1]))
    private_redis.kill()
    with pytest.raises(StoreUnavailable, match="connection"):
        await store.submit([a_task()])
    private_redis.start()
    await wait_until_async(lambda: available(store), "the store answers again")
    assert [leased.attempt.task_id for leased in await take(store)] == ids
    assert await store.complete(done(attempts)) == [Written.DUPLICATE, Written.RECORDED]


async def test_a_server_that_is_silent_is_given_up_in_time(
    store: RedisStore, private_redis: RedisServer
) -> None:
    await store.ping()
    private_redis.pause()
    loop = asyncio.get_running_loop()
    before = loop.time()
    with pytest.raises(StoreUnavailable, match="in time"):
        await store.ping()
    with pytest.raises(StoreUnavailable, match=r"in time|connection"):
        await store.listen("d1", 0.1)
    assert loop.time() - before < 10
    private_redis.resume()
    await wait_until_async(lambda: available(store), "the store answers again")


async def test_who_waits_during_an_outage_is_woken_after_it(
    store: RedisStore, private_redis: RedisServer
) -> None:
    (attempt,) = await running(store)
    waiting = asyncio.create_task(store.wait([attempt.task_id], 30))
    await asyncio.wait([waiting], timeout=0.3)
    private_redis.kill()
    private_redis.start()
    await wait_until_async(lambda: available(store), "the store answers again")
    await store.complete(done([attempt]))
    assert await waiting == {attempt.task_id}


async def test_a_server_that_forgot_the_scripts_is_sent_them_again(
    store: RedisStore, private_redis: RedisServer
) -> None:
    (first,) = await running(store)
    with redis_admin(private_redis.url) as admin:
        admin.script_flush()
    assert await store.complete(done([first])) == [Written.RECORDED]
    with redis_admin(private_redis.url) as admin:
        admin.script_flush()
    await queue(store)
    assert len(await take(store)) == 1


async def test_a_read_only_replica_is_unavailable(
    store: RedisStore, private_redis: RedisServer
) -> None:
    await queue(store)
    with redis_admin(private_redis.url) as admin:
        admin.execute_command("REPLICAOF", "127.0.0.1", "1")
    with pytest.raises(StoreUnavailable, match="replica"):
        await take(store)
    with pytest.raises(StoreUnavailable, match="replica"):
        await store.ping()


async def test_a_wrong_password_is_told(store: RedisStore, private_redis: RedisServer) -> None:
    configure(private_redis, "requirepass", "right")
    with pytest.raises(StoreUnavailable, match="password"):
        await store.ping()
    url = private_redis.url.replace("redis://", "redis://:wrong@")
    stranger = RedisStore.from_url(url)
    with pytest.raises(StoreUnavailable, match="password"):
        await stranger.ping()
    await stranger.close()


async def test_a_server_that_has_enough_clients_is_unavailable(
    store: RedisStore, private_redis: RedisServer
) -> None:
    with redis_admin(private_redis.url) as admin:
        admin.execute_command("CONFIG", "SET", "maxclients", "1")
        with pytest.raises(StoreUnavailable, match=r"maxclients|connection"):
            await store.ping()
        admin.execute_command("CONFIG", "SET", "maxclients", "100")
    assert await store.ping() == "connected"


async def test_the_access_rules_of_the_documentation_are_enough(
    private_redis: RedisServer,
) -> None:
    rules = ACL_RULE.search(STORE_PAGE.read_text("utf-8"))
    assert rules is not None, "docs/store.md names the rules"
    words = rules[1].replace(">SECRET", ">right").split()
    with redis_admin(private_redis.url) as admin:
        admin.execute_command("ACL", "SETUSER", *words)
    url = private_redis.url.replace("redis://", f"redis://{words[0]}:right@")
    restricted = RedisStore.from_url(url)
    assert len(await restricted.examine()) == 1, "CONFIG is not allowed"
    attempts = await running(restricted, *(a_task() for _ in range(5)))
    await queue(restricted, a_task(delay_ms=LONG_MS))
    waiting = asyncio.create_task(restricted.wait([attempts[0].task_id], 30))
    await restricted.start(attempts)
    await restricted.renew(attempts[4:], 0)
    assert len(await restricted.reap(1)) == 1
    await restricted.adopt("d2", attempts[:4], LONG_MS)
    await restricted.release(attempts[3:4])
    await restricted.cancel([attempts[2].task_id])
    await restricted.fail(lost(attempts[1:2]))
    await restricted.complete(done(attempts[:1]))
    assert await waiting == {attempts[0].task_id}
    assert (await restricted.listen("d2", 5)).cancelled == (attempts[2].task_id,)
    assert (await restricted.listen("d2", 0)).work
    assert None not in await restricted.outcomes([attempt.task_id for attempt in attempts])
    with redis_admin(private_redis.url) as admin:
        refused = admin.execute_command("ACL", "LOG")
    # the driver does without telling its name
    assert {entry["object"] for entry in refused} <= {"config|get", "client|setinfo"}
    await restricted.close()


async def test_examining_a_server_says_what_is_risky(
    store: RedisStore, private_redis: RedisServer
) -> None:
    assert await store.examine() == []
    configure(private_redis, "appendonly", "no")
    assert len(await store.examine()) == 1
    configure(private_redis, "maxmemory-policy", "allkeys-lru")
    with pytest.raises(StoreIncompatible):
        await store.examine()


async def test_nothing_of_a_pool_is_left_when_all_its_connections_are_in_use(
    private_redis: RedisServer,
) -> None:
    narrow = StoreOptions(timeouts=Timeouts(operation_s=0.3, connections=2))
    store = RedisStore.from_url(private_redis.url, narrow)
    ids = await queue(store, *(a_task() for _ in range(50)))
    found = await asyncio.gather(*(store.get([task_id]) for task_id in ids))
    assert [task.status for (task,) in found if task] == [TaskStatus.QUEUED] * 50
    with redis_admin(private_redis.url) as admin:
        clients = admin.execute_command("CLIENT", "LIST", "TYPE", "normal")
    assert str(clients).count("id=") <= 2 + 1
    await store.close()
