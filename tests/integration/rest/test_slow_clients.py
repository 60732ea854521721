"""Slow-loris: many clients that send a byte now and then; the others are served meanwhile."""

import contextlib
import re
import socket
import time
from collections.abc import Generator

import httpx
import psutil
import pytest

from tests.support.original_client import serialize
from tests.support.ports import LOOPBACK
from tests.support.processes import ProcessRunner, StartedProcess
from tests.support.waiting import wait_until

SLOW = 60
TIMEOUT_S = 1.0
MIB = 1024 * 1024

HEAD = b"POST /register_function HTTP/1.1\r\nhost: gofer\r\n"
STARTS = {
    "nothing": b"",
    "a head without end": HEAD,
    "a body without end": HEAD + b"content-length: 100000\r\n\r\n{",
    "a long body without end": HEAD + b"content-length: 16000000\r\n\r\n{",
    "a chunked body without end": HEAD + b"transfer-encoding: chunked\r\n\r\n1\r\n{\r\n",
}
MORE = {
    "nothing": b"",
    "a head without end": b"x: y\r\n",
    "a body without end": b" ",
    "a long body without end": b" ",
    "a chunked body without end": b"1\r\n \r\n",
}


@pytest.fixture
def service(processes: ProcessRunner) -> tuple[StartedProcess, str]:
    """A service with room for a few more clients than there are slow ones."""
    service = processes.start_module(
        "gofer.entrypoints.cli",
        "api",
        "--port",
        "0",
        env={
            "GOFER_STORE": "redis://127.0.0.1:1/0",
            "GOFER_HTTP_READ_TIMEOUT_S": str(TIMEOUT_S),
            "GOFER_HTTP_CONCURRENCY": str(SLOW + 20),
        },
    )
    service.wait_for_log("listens on http")
    found = re.search(r"listens on (http://\S+)", service.log())
    assert found is not None
    return service, found[1]


@contextlib.contextmanager
def slow_clients(url: str, start: bytes) -> Generator[list[socket.socket]]:
    port = int(url.rpartition(":")[2])
    with contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection((LOOPBACK, port), 20)) for _ in range(SLOW)
        ]
        for client in clients:
            client.sendall(start)
        yield clients


def trickle(client: socket.socket, more: bytes) -> bool:
    """Send a little more; tell whether the server has hung up."""
    try:
        client.sendall(more)
        client.settimeout(0)
        return client.recv(65536) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        client.settimeout(20)


@pytest.mark.parametrize("kind", STARTS)
def test_slow_clients_are_hung_up_on_and_others_are_served_meanwhile(
    service: tuple[StartedProcess, str], kind: str
) -> None:
    process, url = service
    before = psutil.Process(process.pid).memory_info().rss
    started = time.monotonic()
    with slow_clients(url, STARTS[kind]) as clients, httpx.Client(base_url=url) as good:
        left = set(clients)

        def all_are_gone() -> bool:
            assert good.get("/healthz").status_code == 200
            left.difference_update([one for one in left if trickle(one, MORE[kind])])
            return not left

        wait_until(all_are_gone, "the server has hung up on every slow client", 30)
        body = {"name": "f", "payload": serialize(abs)}
        assert good.post("/register_function", json=body).status_code == 503  # no store, but served
    assert time.monotonic() - started >= TIMEOUT_S / 2
    assert psutil.Process(process.pid).memory_info().rss - before < 32 * MIB
    assert process.exit_code is None


def test_more_slow_clients_than_there_is_room_for_delay_others_by_the_deadline_at_most(
    service: tuple[StartedProcess, str],
) -> None:
    _, url = service
    start = STARTS["a head without end"]
    with slow_clients(url, start), slow_clients(url, start):
        answers = {httpx.get(f"{url}/healthz").status_code for _ in range(5)}
        assert answers <= {200, 503}
        wait_until(lambda: httpx.get(f"{url}/healthz").status_code == 200, "there is room again")
