"""Connections kept at hand for the calls that are made all the time.

The driver takes a connection from its pool for each command and gives it back, with locks, checks
and measurements on the way: 70 us of CPU a call, of which 30 are the command (docs/performance.md).
So a few connections are kept between calls. Opening, naming, closing and limiting them is the
pool's business as before.
"""

from asyncio import StreamReader
from collections import deque
from collections.abc import Sequence
from typing import Any

from redis import exceptions

Word = str | bytes | float


class Lines:
    """Calls over connections of the pool of one of the driver's clients."""

    def __init__(self, client: Any) -> None:
        """Keep none yet, and never more than half of what the pool may open."""
        self._client = client
        self._waiting = 0
        self._kept: deque[Any] = deque()

    async def call(self, *words: Word) -> Any:
        """Send one command and return its answer; raises the driver's exceptions.

        Nothing is ever sent twice. A call that is broken off takes its connection with it, so
        that its answer cannot be taken for another's.
        """
        line = await self._take()
        try:
            await line.send_command(*words)
            answer = await line.read_response()
        except exceptions.ResponseError:  # an answer like any other: the connection is in order
            await self._give(line)
            raise
        except BaseException:
            await self._drop(line)
            raise
        await self._give(line)
        return answer

    async def calls(self, commands: Sequence[Sequence[Word]]) -> Any:
        """Send commands in one breath; return the answer to the last, or raise the first error."""
        line = await self._take()
        refused: exceptions.ResponseError | None = None
        answer: Any = None
        try:
            await line.send_packed_command(line.pack_commands(commands))
            for _ in commands:
                try:
                    answer = await line.read_response()
                except exceptions.ResponseError as error:
                    refused = refused or error
        except BaseException:
            await self._drop(line)
            raise
        await self._give(line)
        if refused is not None:
            raise refused
        return answer

    async def forget(self) -> None:
        """Close the connections that are kept: the address may lead elsewhere by now."""
        while self._kept:
            await self._drop(self._kept.pop())

    async def _take(self) -> Any:
        """Return a connection: the last that was used, or one of the pool's."""
        while self._kept:
            line = self._kept.pop()
            if not _ended(line):
                return line
            # the server ended it, and with it, most likely, all of them
            await self._drop(line)
        self._waiting += 1
        try:
            return await self._client.connection_pool.get_connection()
        finally:
            self._waiting -= 1

    async def _give(self, line: Any) -> None:
        most = self._client.connection_pool.max_connections // 2
        if len(self._kept) < most and not self._waiting:
            self._kept.append(line)
        else:
            await self._client.connection_pool.release(line)

    async def _drop(self, line: Any) -> None:
        try:
            await line.disconnect(nowait=True)
        finally:
            await self._client.connection_pool.release(line)


def _ended(line: Any) -> bool:
    """Return whether the server has closed a connection while nobody used it."""
    reader = getattr(line, "_reader", None)
    if isinstance(reader, StreamReader):
        return reader.at_eof() or reader.exception() is not None
    return not line.is_connected
