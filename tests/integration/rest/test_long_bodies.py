"""Long bodies over real sockets: whole, one after the other, and with bad clients among them."""

import asyncio
import hashlib
import random
import socket
import threading
from collections.abc import Callable, Generator

import pytest
import uvloop
from starlette.types import Receive, Scope, Send

from gofer.entrypoints.rest.filling import LONG_BYTES
from gofer.entrypoints.rest.guards import BodyGuard, Bounds
from gofer.entrypoints.rest.server import Server, configured, listening, url_of
from gofer.entrypoints.settings import Settings
from tests.support.ports import LOOPBACK
from tests.support.raw_http import answer_of, connection, read_until
from tests.support.waiting import wait_until

MIB = 1024 * 1024
BOUNDS = Bounds(body_bytes=8 * MIB, buffer_bytes=9 * MIB, read_timeout_s=0.5)
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
uvloop.new_event_loop().close()  # what the first one opens stays, for all that follow


class Served:
    """A server whose application answers with the digest of a body, once it may."""

    def __init__(self) -> None:
        self.url = ""
        self.arrived = 0
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._up = threading.Event()

    async def app(self, _scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        self.arrived += 1
        digest = hashlib.sha256(message["body"]).hexdigest().encode()
        await asyncio.to_thread(self.may_answer.wait, 20)
        headers = [(b"content-length", b"%d" % len(digest))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": digest})

    async def serve(self, listener: socket.socket) -> None:
        config = configured(Settings(), BodyGuard(self.app, BOUNDS))
        server = Server(config, self._up.set, lambda: None)
        loop = asyncio.get_running_loop()
        self.leave: Callable[[], object] = lambda: loop.call_soon_threadsafe(server.leave)
        await server.serve(sockets=[listener])

    def wait(self) -> None:
        assert self._up.wait(20)


@pytest.fixture(params=LOOPS)
def served(request: pytest.FixtureRequest) -> Generator[Served]:
    """A server with short deadlines, over each kind of event loop."""
    served = Served()
    with (
        listening(LOOPBACK, 0) as listener,
        asyncio.Runner(loop_factory=LOOPS[request.param]) as runner,
    ):
        served.url = url_of(listener)
        thread = threading.Thread(target=lambda: runner.run(served.serve(listener)))
        thread.start()
        served.wait()
        try:
            yield served
        finally:
            served.may_answer.set()
            served.leave()
            thread.join(20)


def post(body: bytes, *, length: int | None = None) -> bytes:
    told = len(body) if length is None else length
    return b"POST / HTTP/1.1\r\nhost: gofer\r\ncontent-length: %d\r\n\r\n%b" % (told, body)


def digest_of(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()


def test_bodies_of_any_length_arrive_whole_one_after_the_other_on_one_connection(
    served: Served,
) -> None:
    dice = random.Random(4)
    lengths = (LONG_BYTES - 1, LONG_BYTES, 10, LONG_BYTES + 1, 7 * MIB, 0, 3 * MIB + 5)
    with connection(served.url) as client:
        for length in lengths:
            body = dice.randbytes(length)
            request = post(body)
            for start in range(0, len(request), 300_001):
                client.sendall(request[start : start + 300_001])
            assert b"200 OK" in read_until(client, digest_of(body))


def test_a_request_that_follows_a_long_body_at_once_is_another_request(served: Served) -> None:
    first, second, third = b"a" * 2 * MIB, b"b" * 40, b"c" * MIB
    with connection(served.url) as client:
        client.sendall(post(first) + post(second) + post(third))
        answers = read_until(client, digest_of(third))
    assert answers.index(digest_of(first)) < answers.index(digest_of(second))
    assert answers.count(b"200 OK") == 3


def test_a_long_body_that_stops_arriving_is_408(served: Served) -> None:
    with connection(served.url) as client:
        client.sendall(post(b"x" * 10_000, length=2 * MIB))
        assert answer_of(client)[0] == 408
    assert served.arrived == 0


def test_a_client_that_hangs_up_half_way_leaves_nothing_behind(served: Served) -> None:
    for _ in range(20):  # more than all bodies together may take
        with connection(served.url) as client:
            client.sendall(post(b"x" * 2 * MIB, length=8 * MIB))
    body = b"y" * 8 * MIB

    def served_again() -> bool:
        with connection(served.url) as client:
            client.sendall(post(body))
            return digest_of(body) in client.recv(65536)

    wait_until(served_again, "there is room for a body as long as any may be")
    assert served.arrived == 1


def test_bodies_that_are_too_much_together_are_503_and_their_client_reads_that(
    served: Served,
) -> None:
    served.may_answer.clear()
    with connection(served.url) as first, connection(served.url) as second:
        first.sendall(post(b"x" * 8 * MIB))
        wait_until(lambda: served.arrived == 1, "the first body is held")
        second.sendall(post(b"y" * 2 * MIB))
        status, answer = answer_of(second)
        assert (status, b"too many" in answer) == (503, True)
        served.may_answer.set()
        assert b"200 OK" in read_until(first, digest_of(b"x" * 8 * MIB))
