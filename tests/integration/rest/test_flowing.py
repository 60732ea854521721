"""Answers that are sent while they are made, over real sockets."""

import asyncio
import logging
import socket
import threading
from collections.abc import AsyncGenerator, Callable, Generator

import pytest
import uvloop
from starlette.types import Receive, Scope, Send

from gofer.domain.errors import StoreUnavailable
from gofer.entrypoints.rest.flowing import Flowing
from gofer.entrypoints.rest.guards import BodyGuard, Bounds
from gofer.entrypoints.rest.server import Server, configured, listening, url_of
from gofer.entrypoints.settings import Settings
from tests.support.ports import LOOPBACK
from tests.support.raw_http import answer_of, connection, read_until
from tests.support.waiting import wait_until

MIB = 1024 * 1024
PIECES = 64
BOUNDS = Bounds(body_bytes=MIB, buffer_bytes=MIB, read_timeout_s=5)
uvloop.new_event_loop().close()  # what the first one opens stays, for all that follow
ASK = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


class Served:
    """A server whose answers are PIECES of a MiB, or break off after so many."""

    def __init__(self) -> None:
        self.url = ""
        self.made = 0
        self.closed = 0
        self.breaks_at = PIECES
        self._up = threading.Event()

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Flowing(self.pieces(), PIECES * MIB, "text/plain")(scope, receive, send)

    async def pieces(self) -> AsyncGenerator[bytes]:
        try:
            for number in range(PIECES):
                if number == self.breaks_at:
                    raise StoreUnavailable("it is away")
                self.made += 1
                yield bytes([number]) * MIB
        finally:
            self.closed += 1

    async def serve(self, listener: socket.socket) -> None:
        server = Server(
            configured(Settings(), BodyGuard(self.app, BOUNDS)), self._up.set, lambda: None
        )
        loop = asyncio.get_running_loop()
        self.leave: Callable[[], object] = lambda: loop.call_soon_threadsafe(server.leave)
        await server.serve(sockets=[listener])

    def wait(self) -> None:
        assert self._up.wait(20)


@pytest.fixture
def served() -> Generator[Served]:
    served = Served()
    with (
        listening(LOOPBACK, 0) as listener,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        served.url = url_of(listener)
        thread = threading.Thread(target=lambda: runner.run(served.serve(listener)))
        thread.start()
        served.wait()
        try:
            yield served
        finally:
            served.leave()
            thread.join(20)


def test_an_answer_comes_whole_and_its_length_is_told(served: Served) -> None:
    with connection(served.url) as opened:
        opened.sendall(ASK)
        head = read_until(opened, b"\r\n\r\n").partition(b"\r\n\r\n")
        rest = bytearray(head[2])
        while chunk := opened.recv(MIB):
            rest += chunk
    assert b"content-length: %d" % (PIECES * MIB) in head[0]
    assert bytes(rest) == b"".join(bytes([number]) * MIB for number in range(PIECES))


def test_what_a_client_does_not_read_is_not_made(served: Served) -> None:
    with connection(served.url) as opened:
        opened.sendall(ASK)
        read_until(opened, b"\r\n\r\n")
        with connection(served.url) as other:  # the service has turned to others meanwhile
            other.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            read_until(other, b"\r\n\r\n")
        assert served.made < PIECES
    wait_until(lambda: served.closed == 2, "both answers are given up once their clients have gone")
    assert served.made < 2 * PIECES


def test_an_answer_whose_rest_does_not_come_is_broken_off(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    served.breaks_at = 2
    with caplog.at_level(logging.WARNING), connection(served.url) as opened:
        opened.sendall(ASK)
        try:
            _, rest = answer_of(opened)
        except ConnectionResetError:
            rest = b""
    assert len(rest) <= 2 * MIB
    wait_until(lambda: served.closed == 1, "its pieces are closed")
    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert told == [("WARNING", "an answer was broken off: the store is unavailable: it is away")]
