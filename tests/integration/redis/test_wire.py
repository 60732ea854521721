"""Connections whose bytes we read: pipelines, long answers, silence, and the way back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from gofer.adapters.redis.driver import Driver, Timeouts, open_clients
from gofer.domain.errors import StoreUnavailable

PREFIX = "{wire}:"
SHORT = Timeouts(connect_s=1.0, operation_s=0.2)
CONNECTIONS = 4

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def driver(redis_url: str) -> AsyncIterator[Driver]:
    client, blocking = open_clients(redis_url, Timeouts(connections=CONNECTIONS))
    opened = Driver(client, PREFIX, {"last": "return ARGV[#ARGV]", "bad": "return {err = 'NO'}"})
    yield opened
    await opened.close()
    await blocking.aclose()


async def asked_of(serve: Serve) -> object:
    """Return what a driver makes of a server's answer to a command, or raise."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client, blocking = open_clients(f"redis://127.0.0.1:{port}", SHORT)
    driver = Driver(client, PREFIX, {})
    try:
        return await driver.call("GET", "key")
    finally:
        await driver.close()
        await blocking.aclose()
        server.close()
        await server.wait_closed()


def answering(*pieces: bytes, last: bytes = b"") -> Serve:
    """Answer each command of the driver's greeting, and the call with ``pieces``."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = b""
        while b"GET" not in asked.replace(b"GETNAME", b""):
            asked = await reader.read(4096)
            if not asked:
                return
            if b"GET" not in asked:
                writer.write(b"+OK\r\n" * asked.count(b"*"))
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if last:
            await reader.read(1)
        writer.close()

    return serve


async def test_commands_before_a_script_are_carried_out_before_it(driver: Driver) -> None:
    sets = [("SET", f"{PREFIX}{n}", bytes([n]) * 50_000) for n in range(3)]
    assert await driver.run("last", "told", before=sets) == b"told"
    keys = [f"{PREFIX}{n}" for n in range(3)]
    assert await driver.bodies([*keys, f"{PREFIX}none"]) == [
        *(bytes([n]) * 50_000 for n in range(3)),
        None,
    ]


@pytest.mark.parametrize("length", [0, 1, 16_384, 3_000_000])
async def test_words_of_any_length_come_back(driver: Driver, length: int) -> None:
    body = bytes(range(256)) * (length // 256) + bytes(length % 256)
    assert await driver.run("last", 1, 2.5, "ü", body) == body


async def test_an_error_leaves_the_connection_usable(driver: Driver) -> None:
    for _ in range(2 * CONNECTIONS):
        with pytest.raises(StoreUnavailable):
            await driver.run("bad")
    failing = ("SADD", f"{PREFIX}text", "member")
    await driver.call("SET", f"{PREFIX}text", "x")
    with pytest.raises(StoreUnavailable):
        await driver.run("last", "told", before=[failing])
    assert await driver.run("last", "told") == b"told"


async def test_calls_in_one_breath_are_answered_in_order_by_a_server_that_forgot_the_script(
    driver: Driver,
) -> None:
    await driver.call("SCRIPT", "FLUSH")
    for _ in range(2):
        answers = await driver.run_all("last", [[n] for n in range(7)])
        assert answers == [b"%d" % n for n in range(7)]


async def test_a_refusal_among_calls_in_one_breath_is_raised_and_leaves_the_connection_usable(
    driver: Driver,
) -> None:
    await driver.run("last", "known")
    for _ in range(2 * CONNECTIONS):
        with pytest.raises(StoreUnavailable):
            await driver.run_all("bad", [[1], [2], [3]])
    assert await driver.run_all("last", [["told"], ["again"]]) == [b"told", b"again"]


async def test_connections_go_back_to_the_driver_as_they_were(driver: Driver) -> None:
    """More calls at once than are kept; then the driver's own way over the same connections."""
    for _ in range(3):
        answers = await asyncio.gather(
            *(driver.run("last", n) for n in range(20)),
            *(driver.command("PING") for _ in range(20)),
        )
        assert answers == [b"%d" % n for n in range(20)] + [True] * 20


async def test_a_call_that_is_broken_off_takes_its_answer_with_it(driver: Driver) -> None:
    for n in range(10):
        call = asyncio.ensure_future(driver.call("BLPOP", f"{PREFIX}nothing", "0.05"))
        await asyncio.sleep(0)
        call.cancel()
        assert await driver.run("last", n) == b"%d" % n
        with pytest.raises(asyncio.CancelledError):
            await call


async def test_an_answer_in_pieces_is_put_together() -> None:
    assert await asked_of(answering(b"$1", b"0\r\n01234", b"56789\r", b"\n")) == b"0123456789"


async def test_a_server_that_closes_in_the_middle_of_an_answer_is_away() -> None:
    with pytest.raises(StoreUnavailable, match="connection"):
        await asked_of(answering(b"$10\r\n01234"))


async def test_a_server_that_answers_something_else_is_away() -> None:
    with pytest.raises(StoreUnavailable, match="refused a call"):
        await asked_of(answering(b"HTTP/1.1 400 Bad Request\r\n\r\n"))


async def test_a_server_that_goes_silent_is_given_up() -> None:
    with pytest.raises(StoreUnavailable, match="in time"):
        await asked_of(answering(b"$10\r\n", last=b"waits"))
