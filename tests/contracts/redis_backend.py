"""The store on Redis as the contracts see it, over fakeredis or over a real server.

Its clock is the server's: to advance it is to wait until TIME says that it has.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fakeredis import FakeAsyncRedis, FakeServer
from redis.asyncio import Redis

from gofer.adapters.redis.options import StoreOptions
from gofer.adapters.redis.store import RedisStore
from gofer.domain.ports import Store
from tests.contracts.store_backend import DAY_MS
from tests.support.waiting import wait_until_async

POLL_S = 5.0
"""Far longer than a published message takes: a test that passes was woken by one."""


@dataclass(frozen=True)
class RedisBackend:
    redis: RedisStore
    client: Any

    @property
    def store(self) -> Store:
        return self.redis

    async def advance(self, ms: int) -> None:
        async def server_ms() -> int:
            seconds, micros = await self.client.execute_command("TIME")
            return int(seconds) * 1000 + int(micros) // 1000

        end = await server_ms() + ms

        async def passed() -> bool:
            return await server_ms() > end

        await wait_until_async(passed, f"{ms} ms have passed by the server's clock")


def fake_clients(server: FakeServer) -> tuple[Redis, Redis]:
    """Return a client for short calls and one for blocking ones, over one fake server."""
    return FakeAsyncRedis(server=server), FakeAsyncRedis(server=server)


@dataclass
class RedisBackends:
    """Opens stores over pairs of clients that ``connect`` makes, and closes them."""

    connect: Callable[[], tuple[Redis, Redis]]
    scripts: Mapping[str, str] | None = None
    _closers: list[Callable[[], Awaitable[None]]] = field(
        default_factory=list[Callable[[], Awaitable[None]]]
    )

    def __call__(self, *, queued_limit: int = 1_000, retention_ms: int = DAY_MS) -> RedisBackend:
        client, blocking = self.connect()
        options = StoreOptions(queued_limit=queued_limit, retention_ms=retention_ms, poll_s=POLL_S)
        store = RedisStore(client, blocking, options, self.scripts)
        self._closers.append(store.close)
        return RedisBackend(store, client)

    async def close(self) -> None:
        for close in self._closers:
            await close()
