"""One connection's bytes: commands out, answers in, without the driver's layers between.

The driver opens connections, with TLS, password, database and name, and watches how many there are.
What it does for a command on top costs 40 us of CPU, and a MiB is copied five times on its way
through its reader. So while we use a connection its bytes come here: RESP 2 as the commands that
we send answer it. It goes back to the driver as it was.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from redis import exceptions

from .answers import Reader

Word = str | bytes | int | float
Command = Sequence[Word]

APART_BYTES = 16 * 1024
"""Words from this length on are handed to the socket as they are, not joined with the others."""


class Line(Protocol):
    """A connection on which commands are answered in order, one caller at a time."""

    async def ask(self, commands: Sequence[Command], limit_s: float | None = None) -> list[Any]:
        """Send commands in one breath and return their answers, errors among them.

        Raises the driver's TimeoutError if they take longer than ``limit_s``, where None stands
        for the connection's own time limit for each, if it has one.
        """
        ...

    def ended(self) -> bool:
        """Return whether the server has closed it."""
        ...

    def back(self) -> Any:
        """Return the driver's connection; this must not be used any more."""
        ...


def line_over(connection: Any) -> Line:
    """Return a line over one of the driver's connections, which must be connected."""
    writer = getattr(connection, "_writer", None)
    if isinstance(writer, asyncio.StreamWriter):
        return Wire(connection, writer.transport)
    return _Driven(connection)


class _Driven:
    """A connection that has no socket of ours, as a test's server inside the process."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def ask(self, commands: Sequence[Command], limit_s: float | None = None) -> list[Any]:
        for command in commands:
            await self._connection.send_command(*command)
        try:
            async with asyncio.timeout(limit_s):
                return [await self._answer() for _ in commands]
        except TimeoutError as error:
            raise exceptions.TimeoutError("no answer in time") from error

    async def _answer(self) -> Any:
        try:
            return await self._connection.read_response()
        except exceptions.ResponseError as error:
            return error

    def ended(self) -> bool:
        return not bool(self._connection.is_connected)

    def back(self) -> Any:
        return self._connection


class Wire(asyncio.Protocol):
    """A connection over a socket, taken over from the driver until ``back``."""

    def __init__(self, connection: Any, transport: Any) -> None:
        """Take over; the driver must have read all that was answered."""
        self._connection = connection
        self._transport = transport
        self._driver_s: Any = transport.get_protocol()
        self._loop = asyncio.get_running_loop()
        self._asked: asyncio.Future[list[Any]] | None = None
        self._answers: list[Any] = []
        self._expected = 0
        self._reader = Reader(self._answered)
        self._lost: bool = transport.is_closing()
        transport.set_protocol(self)

    async def ask(self, commands: Sequence[Command], limit_s: float | None = None) -> list[Any]:
        """Send commands in one breath and return their answers, errors among them.

        Raises the driver's TimeoutError if they take longer than ``limit_s``, where None stands
        for the connection's own time limit for each, if it has one; and ConnectionError.
        """
        if self._lost or self._transport.is_closing():
            raise exceptions.ConnectionError("the server closed the connection")
        asked: asyncio.Future[list[Any]] = self._loop.create_future()
        self._asked, self._answers, self._expected = asked, [], len(commands)
        parts: list[bytes] = []
        for command in commands:
            _pack(command, parts)
        if len(parts) == 1:
            self._transport.write(parts[0])
        else:
            self._transport.writelines(parts)
        if limit_s is None:
            each_s: float | None = self._connection.socket_timeout
            if each_s is None:
                return await asked
            limit_s = each_s * len(commands)
        timer = self._loop.call_later(limit_s, self._late)
        try:
            return await asked
        finally:
            timer.cancel()

    def ended(self) -> bool:
        """Return whether the server has closed it, or has said something that nobody asked."""
        return self._lost

    def back(self) -> Any:
        """Give the connection back to the driver, and return it."""
        _hand_over(self._transport, self._driver_s)
        if self._lost:
            self._driver_s.connection_lost(None)
        return self._connection

    # ------------------------------------------------------------ called by the event loop

    def data_received(self, data: bytes) -> None:
        """Take what has arrived."""
        try:
            self._reader.feed(data)
        except ValueError as error:
            self._unreadable(error)
        if self._reader.awaits and not self._lost:
            _hand_over(self._transport, _Rest(self, self._reader))

    def rest_received(self, size: int) -> None:
        """Take what was read to where it stays."""
        try:
            self._reader.filled(size)
        except ValueError as error:
            self._unreadable(error)
        if not self._reader.awaits and not self._lost:
            _hand_over(self._transport, self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let whoever waits know."""
        self._lost = True
        self._fail(exceptions.ConnectionError(str(exc or "the server closed the connection")))

    def eof_received(self) -> None:
        """Close, as the server has."""
        self._lost = True

    # ------------------------------------------------------------ inside

    def _answered(self, answer: Any) -> None:
        if self._asked is None or self._asked.done():
            self._lost = True  # nobody asked: no later answer could be told from another's
            return
        self._answers.append(answer)
        if len(self._answers) == self._expected:
            self._asked.set_result(self._answers)

    def _unreadable(self, error: ValueError) -> None:
        self._lost = True
        self._fail(exceptions.InvalidResponse(str(error)))
        self._transport.abort()

    def _late(self) -> None:
        self._fail(exceptions.TimeoutError("no answer in time"))

    def _fail(self, error: Exception) -> None:
        if self._asked is not None and not self._asked.done():
            self._asked.set_exception(error)


class _Rest(asyncio.BufferedProtocol):
    """A wire's other face, while long strings come: they are read to where they stay."""

    def __init__(self, wire: Wire, reader: Reader) -> None:
        self._wire = wire
        self._reader = reader
        self.connection_lost = wire.connection_lost  # type: ignore[method-assign]
        self.eof_received = wire.eof_received  # type: ignore[method-assign]

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where the next bytes belong."""
        del sizehint
        return self._reader.room()

    def buffer_updated(self, nbytes: int) -> None:
        """Take note of them."""
        self._wire.rest_received(nbytes)


def _hand_over(transport: Any, protocol: asyncio.BaseProtocol) -> None:
    """Have another protocol take what comes; uvloop asks which kind it is when reading begins."""
    alive = not transport.is_closing()
    if alive:
        transport.pause_reading()
    transport.set_protocol(protocol)
    if alive:
        transport.resume_reading()


def packed(command: Command) -> bytes:
    """Return the bytes of a command that has no long words."""
    parts: list[bytes] = []
    _pack(command, parts)
    return b"".join(parts)


def _pack(command: Command, parts: list[bytes]) -> None:
    """Append the bytes of a command; the longest words by themselves."""
    joined = [b"*%d\r\n" % len(command)]
    for word in command:
        raw = word if isinstance(word, bytes) else str(word).encode()
        if len(raw) < APART_BYTES:
            joined.append(b"$%d\r\n%b\r\n" % (len(raw), raw))
        else:
            joined.append(b"$%d\r\n" % len(raw))
            parts += (b"".join(joined), raw)
            joined = [b"\r\n"]
    parts.append(b"".join(joined))
