"""A typed client for what tests do to a server themselves: empty it, look into it, ask it.

redis-py leaves parts of its interface untyped; this is the one place where the tests meet that.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, cast

from redis import Redis


class RedisAdmin(Protocol):
    """The commands that tests send; texts come back decoded."""

    def flushdb(self) -> object: ...
    def script_flush(self) -> object: ...
    def dbsize(self) -> int: ...
    def scan_iter(self, match: str | None = None) -> Iterator[str]: ...
    def ttl(self, name: str) -> int: ...
    def execute_command(self, *words: str | bytes | float) -> Any: ...


@contextmanager
def redis_admin(url: str) -> Generator[RedisAdmin]:
    """Connect to ``url``, a database's URL; the connection ends with the block."""
    client: Any = Redis.from_url(url, decode_responses=True)  # pyright: ignore[reportUnknownMemberType]
    try:
        yield cast("RedisAdmin", client)
    finally:
        client.close()
