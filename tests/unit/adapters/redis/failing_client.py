"""A client that fails on demand: every call raises what the test says."""

from typing import cast

from redis.asyncio import Redis


class FailingClient:
    """Stands in for the driver's client; ``error`` is raised by every call while it is set."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    async def execute_command(self, *_words: object) -> object:
        raise self.error

    async def get_connection(self) -> object:
        raise self.error

    async def aclose(self, **_options: object) -> None:
        raise self.error

    @property
    def connection_pool(self) -> "FailingClient":
        return self

    async def disconnect(self, **_options: object) -> None:
        raise self.error

    def pubsub(self) -> "FailingClient":
        return self

    async def subscribe(self, _channel: str) -> None:
        raise self.error


def failing(error: BaseException) -> Redis:
    """Return the client under the driver's type."""
    return cast("Redis", FailingClient(error))
