"""Lists of tasks: what `index` and its leaves hold, and that every look finds its way in them."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest
from fakeredis import FakeServer

from gofer.adapters.redis.driver import Driver
from gofer.adapters.redis.framing import unframe
from gofer.adapters.redis.scripts import read_scripts
from gofer.domain.identifiers import TaskId, member_ids, new_batch_id, uuid7
from gofer.domain.ports import Retried
from gofer.domain.task import NewTask
from tests.contracts.redis_backend import RedisBackend, RedisBackends, fake_clients
from tests.contracts.store_backend import FUNCTION, SHORT_MS, done, queue, take
from tests.support.waiting import wait_until_async

PREFIX = "{gofer:0}:"
THEN_MS = 0x018BCFE56800
"""A moment at which 16 ms begin: ids of these share their first 12 characters."""

_numbers = count(1)


@pytest.fixture
def backend() -> RedisBackend:
    server = FakeServer()
    return RedisBackends(lambda: fake_clients(server))(retention_ms=SHORT_MS)


def tasks(total: int, unix_ms: int = THEN_MS) -> list[NewTask]:
    """Return tasks of no batch; later ones have greater ids if they are of the same moment."""
    return [
        NewTask(TaskId(uuid7(unix_ms, next(_numbers))), FUNCTION.id, b"x") for _ in range(total)
    ]


def batch(total: int, unix_ms: int = THEN_MS) -> list[NewTask]:
    members = member_ids(new_batch_id(unix_ms, next(_numbers)), range(1, total + 1))
    return [NewTask(each, FUNCTION.id, b"x") for each in members]


async def leaves(client: Any) -> dict[str, int]:
    """Return how many tasks each leaf has, by its key without the prefix."""
    keys = await client.keys(f"{PREFIX}leaf:*")
    return {key.decode().removeprefix(PREFIX): await client.llen(key) for key in keys}


async def index(client: Any) -> list[str]:
    return [name.decode() for name in await client.zrange(f"{PREFIX}index", 0, -1)]


async def end(backend: RedisBackend, ids: Sequence[TaskId]) -> None:
    """Complete some of the tasks that are running, which were all claimed before."""
    by_id = {leased.attempt.task_id: leased.attempt for leased in await take(backend.store)}
    await backend.store.complete(done([by_id[each] for each in ids]))
    await backend.store.release([by_id[each] for each in by_id if each not in ids])


async def test_tasks_that_come_together_share_a_leaf_and_few_of_them_do_not(
    backend: RedisBackend,
) -> None:
    many, few, later = tasks(4), tasks(3), tasks(5, THEN_MS + 16)
    await queue(backend.store, *many, *later)
    await queue(backend.store, *few)
    assert await leaves(backend.client) == {"leaf:018bcfe5-680": 4, "leaf:018bcfe5-681": 5}
    alone = [task.id for task in few]
    assert await index(backend.client) == [*alone, "018bcfe5-680g", "018bcfe5-681g"]


async def test_a_leaf_goes_with_the_last_of_its_tasks(backend: RedisBackend) -> None:
    ids = await queue(backend.store, *tasks(6))

    async def forgotten(left: int) -> None:
        async def swept() -> bool:
            await backend.store.reap(1)  # as dispatchers do all the time
            return await leaves(backend.client) == ({"leaf:018bcfe5-680": left} if left else {})

        await wait_until_async(swept, f"{left} tasks are listed")

    await end(backend, ids[1:5])
    await forgotten(2)
    assert await index(backend.client) == ["018bcfe5-680g"]
    await end(backend, [ids[0], ids[5]])
    await forgotten(0)
    assert await index(backend.client) == []


async def test_a_task_that_is_tried_again_stays_where_it_is_listed() -> None:
    server = FakeServer()
    backend = RedisBackends(lambda: fake_clients(server))()
    ids = await queue(backend.store, *tasks(4), *batch(2))
    before = await index(backend.client)
    await backend.store.cancel([ids[1], ids[5]])
    assert await backend.store.history.retry([ids[1], ids[5]]) == [Retried.QUEUED] * 2
    assert await leaves(backend.client) == {"leaf:018bcfe5-680": 4}
    assert await index(backend.client) == before


@pytest.mark.parametrize("most", [1, 2, 3, 5, 100])
async def test_every_look_goes_on_where_the_last_one_ended(
    backend: RedisBackend, most: int
) -> None:
    early, late, alone = tasks(5), tasks(6), tasks(7)
    submitted = [*batch(3), *early, *batch(2), *late, *tasks(4, THEN_MS + 16)]
    await queue(backend.store, *late, *submitted[:3], *submitted[8:10], *submitted[-4:])
    for task in alone:
        await queue(backend.store, task)
    await queue(backend.store, *early)
    await queue(backend.store, *batch(1, THEN_MS - 1))
    driver = Driver(backend.client, PREFIX, read_scripts())
    found: list[str] = []
    cursor = ""
    for _ in range(200):
        cursor, *rows = (
            item.decode()
            for item in unframe(await driver.run("find", cursor, most, "", "", "", ""))
        )
        found += rows[::2]
        if not cursor:
            break
    every = [task.id for task in (*submitted, *alone)]
    assert found[:-1] == sorted(every, reverse=True)


async def test_a_cursor_is_an_id_also_before_anything_was_looked_at(backend: RedisBackend) -> None:
    await queue(backend.store, *tasks(4))
    driver = Driver(backend.client, PREFIX, read_scripts())
    (cursor,) = unframe(await driver.run("find", "", 1, "", "", "", ""))
    assert cursor == b"018bcfe5-680f-ffff-ffff-ffffffffffff"
