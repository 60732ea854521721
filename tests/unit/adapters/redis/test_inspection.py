"""Whether a server may be trusted with tasks: its layout and its settings."""

import re
from typing import cast

import pytest
from fakeredis import FakeServer
from redis import exceptions
from redis.asyncio import Redis

from gofer.adapters.redis import inspection
from gofer.adapters.redis.driver import Driver
from gofer.adapters.redis.inspection import check_schema
from gofer.adapters.redis.keys import OLDEST_SCHEMA, SCHEMA, Keys
from gofer.adapters.redis.store import RedisStore
from gofer.domain.errors import StoreIncompatible, StoreUnavailable
from tests.contracts.redis_backend import fake_clients

GOOD = {
    "maxmemory-policy": "noeviction",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "no-appendfsync-on-rewrite": "no",
    "save": "3600 1",
    "dir": "/data",
    "min-replicas-to-write": "0",
}
STATE: dict[str, object] = {
    "redis_version": "7.0.15",
    "process_id": 0,
    "aof_enabled": 1,
    "aof_last_write_status": "ok",
    "role": "master",
    "connected_slaves": 0,
    "cluster_enabled": 0,
    "maxmemory_policy": "noeviction",
}


class SettingsClient:
    """A server that knows its layout's version; None: CONFIG, or INFO, is forbidden."""

    def __init__(self, settings: dict[str, str] | None, state: dict[str, object] | None) -> None:
        self.settings = settings
        self.state = state

    async def execute_command(self, *words: object) -> object:
        if words[0] == "INFO":
            if self.state is None:
                raise exceptions.NoPermissionError("no permissions to run the 'info' command")
            return self.state
        if words[0] != "CONFIG":
            return b"%d" % SCHEMA
        if self.settings is None:
            raise exceptions.ResponseError("ERR unknown command 'CONFIG'")
        name = str(words[2])
        if name not in self.settings:
            return []
        return [name.encode(), self.settings[name].encode()]


async def examined(
    settings: dict[str, str] | None, state: dict[str, object] | None = STATE
) -> list[str]:
    client = cast("Redis", SettingsClient(settings, state))
    return await RedisStore(client, client).examine()


async def test_good_settings_give_no_warning() -> None:
    assert await examined(GOOD) == []


@pytest.mark.parametrize("readable", [True, False])
async def test_a_policy_that_throws_tasks_away_is_refused_with_what_to_do(
    *, readable: bool
) -> None:
    settings = GOOD | {"maxmemory-policy": "allkeys-lru"} if readable else None
    with pytest.raises(StoreIncompatible, match="CONFIG SET maxmemory-policy noeviction"):
        await examined(settings, STATE | {"maxmemory_policy": "allkeys-lru"})


@pytest.mark.parametrize("version", ["5.0.14", "6.0.9", "6.1.240"])
async def test_a_server_that_is_too_old_is_refused_with_what_is_needed(version: str) -> None:
    with pytest.raises(StoreIncompatible, match=f"version {version}; gofer needs Redis 6.2"):
        await examined(GOOD, STATE | {"redis_version": version})


@pytest.mark.parametrize("version", ["6.2.0", "7.2.4", "8.0.1", "10.1", "unstable", "255.255.255"])
async def test_a_server_that_is_new_enough_or_does_not_say_is_taken(version: str) -> None:
    assert await examined(GOOD, STATE | {"redis_version": version}) == []


async def test_a_replica_is_waited_for_even_if_it_takes_writes() -> None:
    with pytest.raises(StoreUnavailable, match="name its master"):
        await examined(GOOD, STATE | {"role": "slave"})


RISKS: list[tuple[dict[str, str], dict[str, object], str]] = [
    ({"appendonly": "no"}, {}, "since its last snapshot"),
    ({"appendonly": "no", "save": ""}, {}, "keeps nothing on its disk"),
    ({"appendfsync": "no"}, {}, "power loss"),
    ({"no-appendfsync-on-rewrite": "yes"}, {}, "while it rewrites it"),
    ({}, {"aof_last_write_status": "err"}, "look at its disk"),
    ({}, {"cluster_enabled": 1}, "node of a Redis Cluster"),
    ({}, {"connected_slaves": 2}, r"replicas \(2\) and does not wait for them"),
]


@pytest.mark.parametrize(("settings", "state", "words"), RISKS, ids=lambda value: str(value)[:40])
async def test_each_risk_is_said(
    settings: dict[str, str], state: dict[str, object], words: str
) -> None:
    (warning,) = await examined(GOOD | settings, STATE | state)
    assert re.search(words, warning)


async def test_a_failover_that_waits_for_replicas_is_no_risk_worth_a_word() -> None:
    assert (
        await examined(GOOD | {"min-replicas-to-write": "1"}, STATE | {"connected_slaves": 2}) == []
    )


async def test_what_config_does_not_tell_info_may() -> None:
    warnings = await examined(None, STATE | {"aof_enabled": 0})
    assert len(warnings) == 2
    assert "append-only" in warnings[0]
    assert "could not be read" in warnings[1]


async def test_settings_that_cannot_be_read_are_warned_of_once() -> None:
    (warning,) = await examined(None, None)
    assert "could not be read" in warning


async def test_a_version_that_cannot_be_read_is_warned_of() -> None:
    (warning,) = await examined(GOOD, None)
    assert "version and role could not be read" in warning


async def test_settings_that_the_server_does_not_have_are_no_problem() -> None:
    assert await examined({}, {}) == []


async def test_an_empty_store_is_claimed_for_our_layout() -> None:
    server = FakeServer()
    await RedisStore(*fake_clients(server)).examine()
    client, _ = fake_clients(server)
    assert await client.get("{gofer:0}:schema") == b"%d" % SCHEMA


async def test_another_layout_is_refused() -> None:
    server = FakeServer()
    client, _ = fake_clients(server)
    await client.set("{gofer:0}:schema", SCHEMA + 1)
    with pytest.raises(
        StoreIncompatible, match=f"version {SCHEMA + 1}, ours is {OLDEST_SCHEMA} to"
    ):
        await RedisStore(*fake_clients(server)).examine()


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (b"5", "version 5, ours is 3 to 4: a later gofer wrote it: upgrade this one"),
        (b"2", "version 2, ours is 3 to 4: an earlier gofer wrote it: let that one finish"),
        (b"mine", "version mine, ours is 3 to 4: use another database"),
        (b"-1", "use another database"),
        (b"\xff", "use another database"),
    ],
)
async def test_a_layout_that_cannot_be_read_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, found: bytes, words: str
) -> None:
    with pytest.raises(StoreIncompatible, match=words):
        await examined_layout(monkeypatch, found)


@pytest.mark.parametrize("found", [b"3", b"4"])
async def test_this_layout_and_the_one_before_are_read(
    monkeypatch: pytest.MonkeyPatch, found: bytes
) -> None:
    assert await examined_layout(monkeypatch, found) == found


async def examined_layout(monkeypatch: pytest.MonkeyPatch, found: bytes) -> bytes:
    """Examine a store of this layout as a gofer that writes 4 and reads 3; return the mark left."""
    monkeypatch.setattr(inspection, "SCHEMA", 4)
    monkeypatch.setattr(inspection, "OLDEST_SCHEMA", 3)
    client, blocking = fake_clients(FakeServer())
    store = RedisStore(client, blocking)
    await client.set(Keys().schema, found)
    try:
        await check_schema(Driver(client, Keys().prefix, {}), Keys())
    finally:
        left = await client.get(Keys().schema)
        await store.close()
    assert isinstance(left, bytes)
    return left
