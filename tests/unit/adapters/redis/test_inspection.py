"""Whether a server may be trusted with tasks: its layout and its settings."""

from typing import cast

import pytest
from fakeredis import FakeServer
from redis import exceptions
from redis.asyncio import Redis

from gofer.adapters.redis import inspection
from gofer.adapters.redis.driver import Driver
from gofer.adapters.redis.inspection import check_schema
from gofer.adapters.redis.keys import Keys
from gofer.adapters.redis.store import RedisStore
from gofer.domain.errors import StoreIncompatible
from tests.contracts.redis_backend import fake_clients

GOOD = {"maxmemory-policy": "noeviction", "appendonly": "yes", "appendfsync": "everysec"}


class SettingsClient:
    """A server that knows its layout's version and these settings; None: CONFIG is forbidden."""

    def __init__(self, settings: dict[str, str] | None) -> None:
        self.settings = settings

    async def execute_command(self, *words: object) -> object:
        if words[0] != "CONFIG":
            return b"1"
        if self.settings is None:
            raise exceptions.ResponseError("ERR unknown command 'CONFIG'")
        name = str(words[2])
        if name not in self.settings:
            return []
        return [name.encode(), self.settings[name].encode()]


async def examined(settings: dict[str, str] | None) -> list[str]:
    client = cast("Redis", SettingsClient(settings))
    return await RedisStore(client, client).examine()


async def test_good_settings_give_no_warning() -> None:
    assert await examined(GOOD) == []


async def test_a_policy_that_throws_tasks_away_is_refused_with_what_to_do() -> None:
    with pytest.raises(StoreIncompatible, match="CONFIG SET maxmemory-policy noeviction"):
        await examined(GOOD | {"maxmemory-policy": "allkeys-lru"})


async def test_a_server_without_an_append_only_file_is_warned_of() -> None:
    (warning,) = await examined(GOOD | {"appendonly": "no"})
    assert "append-only" in warning


async def test_a_file_that_the_system_writes_when_it_likes_is_warned_of() -> None:
    (warning,) = await examined(GOOD | {"appendfsync": "no"})
    assert "power loss" in warning


async def test_settings_that_cannot_be_read_are_warned_of() -> None:
    (warning,) = await examined(None)
    assert "could not be read" in warning


async def test_settings_that_the_server_does_not_have_are_no_problem() -> None:
    assert await examined({}) == []


async def test_an_empty_store_is_claimed_for_our_layout() -> None:
    server = FakeServer()
    await RedisStore(*fake_clients(server)).examine()
    client, _ = fake_clients(server)
    assert await client.get("{gofer:0}:schema") == b"1"


async def test_another_layout_is_refused() -> None:
    server = FakeServer()
    client, _ = fake_clients(server)
    await client.set("{gofer:0}:schema", "2")
    with pytest.raises(StoreIncompatible, match="version 2, ours is 1"):
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
