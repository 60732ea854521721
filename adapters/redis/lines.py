"""Connections kept at hand for the calls that are made all the time.

The driver takes a connection from its pool for each command and gives it back, with locks, checks
and measurements on the way, and has layers of its own above the socket: 70 us of CPU a call, of
which 15 are left here (docs/performance.md). So a few connections are kept between calls, and
their bytes are read and written by ``wire.py``. Opening, naming, closing and limiting them is the
pool's business as before.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

from redis import exceptions

from .failures import over_sockets
from .wire import Command, Line, Word, line_over


class Lines:
    """Calls over connections of the pool of one of the driver's clients."""

    def __init__(self, client: Any) -> None:
        """Keep none yet, and never more than half of what the pool may open."""
        self._client = client
        self._waiting = 0
        self._kept: deque[Line] = deque()

    async def call(self, *words: Word) -> Any:
        """Send one command and return its answer; raises the driver's exceptions."""
        return (await self.answers((words,)))[0]

    async def answers(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands in one breath; return all answers in order, or raise the first error."""
        answers = await self.ask(commands)
        for answer in answers:
            if isinstance(answer, exceptions.ResponseError):
                raise answer
        return answers

    async def ask(self, commands: Sequence[Command], limit_s: float | None = None) -> list[Any]:
        """Send commands in one breath; return all answers in order, errors among them.

        They may take ``limit_s`` all together; None stands for the usual time each. Nothing is ever
        sent twice. A call that is broken off takes its connection with it, so
        that its answer cannot be taken for another's.
        """
        line = self._kept.pop() if self._kept else None
        if line is None or line.ended():
            line = await self._another(line)
        try:
            answers = await line.ask(commands, limit_s)
        except BaseException:
            await self._drop(line)
            raise
        most = self._client.connection_pool.max_connections // 2
        if self._waiting or len(self._kept) >= most or line.ended():
            await self._give_back(line)
        else:
            self._kept.append(line)
        return answers

    async def forget(self) -> None:
        """Close the connections that are kept: the address may lead elsewhere by now."""
        while self._kept:
            await self._drop(self._kept.pop())

    async def _another(self, ended: Line | None) -> Line:
        """Return a connection that lives, in place of one that the server has ended, if any."""
        while ended is not None:  # and with it, most likely, all of them
            await self._drop(ended)
            line = self._kept.pop() if self._kept else None
            if line is not None and not line.ended():
                return line
            ended = line
        self._waiting += 1
        try:
            with over_sockets():
                return line_over(await self._client.connection_pool.get_connection())
        finally:
            self._waiting -= 1

    async def _give_back(self, line: Line) -> None:
        if line.ended():
            await self._drop(line)
        else:
            await self._client.connection_pool.release(line.back())

    async def _drop(self, line: Line) -> None:
        connection = line.back()
        try:
            await connection.disconnect(nowait=True)
        finally:
            await self._client.connection_pool.release(connection)
