"""A connection's bytes over real sockets: long answers, short ones behind them, and breaks."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvloop
from redis import exceptions

from gofer.adapters.redis.answers import LONG_BYTES
from gofer.adapters.redis.wire import Line, line_over
from tests.support.ports import LOOPBACK

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
uvloop.new_event_loop().close()  # what the first one opens stays, for all that follow
LONG = [bytes([number]) * (length * LONG_BYTES + 3) for number, length in enumerate((20, 1, 7))]


class DriverS:
    """What of the driver's connection a line looks at."""

    socket_timeout = 20.0

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer


def run(loop: str, course: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(course())


@asynccontextmanager
async def line_to(answers: list[bytes], *, hangs_up: bool = False) -> AsyncGenerator[Line]:
    """Give a line to a server that answers whatever arrives with the next of ``answers``."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.read(1000)
            writer.write(answer)
            await writer.drain()
        if not hangs_up:
            await reader.read()
        writer.close()
        await writer.wait_closed()
        over.set()

    over = asyncio.Event()
    server = await asyncio.start_server(serve, LOOPBACK, 0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    line = line_over(DriverS(writer))
    try:
        yield line
    finally:
        line.back()
        writer.close()
        with suppress(ConnectionError):  # of the connection that broke
            await writer.wait_closed()
        await over.wait()
        server.close()
        await server.wait_closed()


def told(strings: list[bytes]) -> bytes:
    return b"*%d\r\n" % len(strings) + b"".join(b"$%d\r\n%b\r\n" % (len(s), s) for s in strings)


@pytest.mark.parametrize("loop", LOOPS)
def test_long_strings_come_whole_and_short_answers_behind_them_as_ever(loop: str) -> None:
    async def course() -> None:
        mixed = [LONG[0], b"short", b"", LONG[1], LONG[2], b"end"]
        async with line_to([told(mixed) + b":1\r\n", b"+OK\r\n", told(mixed)]) as line:
            assert await line.ask([("MGET",), ("INCR",)]) == [mixed, 1]
            assert await line.ask([("PING",)]) == [b"OK"]
            (again,) = await line.ask([("MGET",)])
            assert again == mixed
            assert {type(each) for each in again} == {bytes}
            assert not line.ended()

    run(loop, course)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_connection_that_breaks_inside_a_long_string_is_an_error(loop: str) -> None:
    async def course() -> None:
        async with line_to([told(LONG)[: 10 * LONG_BYTES]], hangs_up=True) as line:
            with pytest.raises(exceptions.ConnectionError):
                await line.ask([("MGET",)])
            assert line.ended()

    run(loop, course)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_connection_whose_call_was_given_up_inside_a_long_string_can_be_closed(loop: str) -> None:
    async def course() -> None:
        async with line_to([told(LONG)[: 10 * LONG_BYTES]]) as line:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await line.ask([("MGET",)])
        assert not line.ended()  # nothing was wrong with it: the driver has closed it since

    run(loop, course)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_call_over_a_connection_that_was_just_closed_is_an_error_of_the_driver(loop: str) -> None:
    async def course() -> None:
        async with line_to([]) as line:
            line.back()._writer.transport.abort()
            assert not line.ended()  # it has not been said yet
            with pytest.raises(exceptions.ConnectionError):
                await line.ask([("PING",)])

    run(loop, course)
