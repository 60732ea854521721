"""One subscription: what is published on a channel, handed over as it comes.

The driver's own reader takes 40 to 70 us of CPU for a message, so the bytes of the connection are
read here (``wire.py`` says how). A connection that has subscribed serves nothing else any more.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from redis import exceptions
from redis.asyncio import Redis

from .answers import Reader
from .failures import over_sockets
from .wire import packed

READ_S = 30.0
"""How long one read by the driver blocks; then it is simply read again."""

Stands = Callable[[], None]
Heard = Callable[[bytes], None]


async def hear(client: Redis, channel: str, stands: Stands, heard: Heard) -> None:
    """Subscribe, say when that ``stands``, and hand over what is ``heard``, until it breaks.

    Ends only by one of the driver's exceptions, or when it is cancelled.
    """
    pool: Any = client.connection_pool
    with over_sockets():
        connection = await pool.get_connection()
    writer = getattr(connection, "_writer", None)
    try:
        if isinstance(writer, asyncio.StreamWriter):
            await _Ear(writer.transport, stands, heard).hear(channel)
        else:  # no socket of ours, as with a test's server inside the process
            await _hear_by_driver(client, channel, stands, heard)
    finally:
        try:
            await connection.disconnect(nowait=True)
        finally:
            await pool.release(connection)


async def _hear_by_driver(client: Redis, channel: str, stands: Stands, heard: Heard) -> None:
    subscription: Any = client.pubsub()  # pyright: ignore[reportUnknownMemberType]
    try:
        await subscription.subscribe(channel)
        while True:
            message = await subscription.get_message(timeout=READ_S)
            if message is None:
                continue
            if message["type"] == "subscribe":
                stands()
            elif message["type"] == "message":
                heard(message["data"])
    finally:
        await subscription.aclose()


class _Ear(asyncio.Protocol):
    """The bytes of a connection that is taken over from the driver."""

    def __init__(self, transport: Any, stands: Stands, heard: Heard) -> None:
        self._transport = transport
        self._stands = stands
        self._heard = heard
        self._reader = Reader(self._told)
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def hear(self, channel: str) -> None:
        """Subscribe, and hear until the connection breaks."""
        driver_s: Any = self._transport.get_protocol()
        self._transport.set_protocol(self)
        try:
            if self._transport.is_closing():
                raise exceptions.ConnectionError("the server closed the connection")
            self._transport.write(packed(("SUBSCRIBE", channel)))
            await self._lost
        finally:
            self._transport.set_protocol(driver_s)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived."""
        try:
            self._reader.feed(data)
        except ValueError as error:
            self._fail(exceptions.InvalidResponse(str(error)))

    def connection_lost(self, exc: Exception | None) -> None:
        """Let it end."""
        self._fail(exceptions.ConnectionError(str(exc or "the server closed the connection")))

    def _told(self, answer: Any) -> None:
        match answer:
            case [b"message", _, bytes(data)]:
                self._heard(data)
            case [b"subscribe", *_]:
                self._stands()
            case exceptions.ResponseError():
                self._fail(answer)
            case _:
                pass  # what newer servers may say besides

    def _fail(self, error: Exception) -> None:
        if not self._lost.done():
            self._lost.set_exception(error)
