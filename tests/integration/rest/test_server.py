"""The web server, for real: a process, sockets, clients that misbehave, a store that comes late."""

import re
import signal
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.support.original_client import serialize
from tests.support.processes import ProcessRunner, StartedProcess
from tests.support.raw_http import answer_of, connection, read_until
from tests.support.redis_server import RedisServer
from tests.support.waiting import wait_until

NOWHERE = "redis://127.0.0.1:1/0"
UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"


def start(
    processes: ProcessRunner, *args: str, store: str = NOWHERE, **settings: object
) -> tuple[StartedProcess, str]:
    """Start a web service on a free port; return its process and its URL."""
    env = {f"GOFER_{name.upper()}": str(value) for name, value in settings.items()}
    service = processes.start_module(
        "gofer.entrypoints.cli", "api", "--port", "0", *args, env={"GOFER_STORE": store, **env}
    )
    service.wait_for_log("listens on http")
    found = re.search(r"listens on (http://\S+)", service.log())
    assert found is not None
    return service, found[1]


@pytest.fixture
def url(processes: ProcessRunner) -> str:
    """The URL of a service whose store is away, with short deadlines and a small body limit."""
    _, address = start(
        processes, http_read_timeout_s=0.3, max_body_bytes=100_000, http_keep_alive_s=60
    )
    return address


# ---------------------------------------------------------------- start and end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_in_one_line_and_leaves_when_told(
    processes: ProcessRunner, number: signal.Signals
) -> None:
    service, address = start(processes)
    assert httpx.get(f"{address}/healthz").json() == {"status": "alive"}
    service.send(number)
    assert service.wait() == 0
    first, last = (line for line in service.log().splitlines() if "WARNING" not in line)
    assert first == f"gofer's web service listens on {address}"
    assert last.endswith("leaving")


def test_a_request_under_way_is_finished_before_it_leaves(processes: ProcessRunner) -> None:
    service, address = start(processes)
    body = b'{"name": "f", "payload": ""}'
    with connection(address) as client:
        client.sendall(
            b"POST /register_function HTTP/1.1\r\nhost: gofer\r\nexpect: 100-continue\r\n"
            b"content-length: %d\r\n\r\n" % len(body)
        )
        assert client.recv(100).startswith(b"HTTP/1.1 100")  # so it has the request
        service.send(signal.SIGTERM)
        wait_until(lambda: refuses(address), "it accepts nothing new")
        client.sendall(body)
        status, _ = answer_of(client)
    assert status == 400
    assert service.wait() == 0


def refuses(address: str) -> bool:
    try:
        with connection(address, 1):
            return False
    except OSError:
        return True


def test_a_port_in_use_is_named_and_the_exit_code_is_not_zero(processes: ProcessRunner) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        service = processes.start_module("gofer.entrypoints.cli", "api", "--port", port)
        assert service.wait() == 1
    assert f"cannot listen on 127.0.0.1:{port}: the port is in use" in service.log()
    assert "Traceback" not in service.log()


@pytest.mark.parametrize(
    ("host", "words"), [("192.0.2.1", "no such address"), ("no.such.host.invalid", "cannot listen")]
)
def test_an_address_that_cannot_be_used_is_named(
    processes: ProcessRunner, host: str, words: str
) -> None:
    service = processes.start_module("gofer.entrypoints.cli", "api", "--port", "0", "--host", host)
    assert service.wait() == 1
    assert words in service.log()
    assert "Traceback" not in service.log()


@pytest.mark.parametrize("store", ["memory://", "embedded://"])
def test_a_store_of_one_process_is_refused(processes: ProcessRunner, store: str) -> None:
    service = processes.start_module(
        "gofer.entrypoints.cli", "api", "--port", "0", "--store", store
    )
    assert service.wait() == 1
    assert "belongs to one process" in service.log()


# ---------------------------------------------------------------- the store


def test_a_store_that_is_away_is_an_error_for_one_that_must_not_wait(
    processes: ProcessRunner,
) -> None:
    service = processes.start_module(
        "gofer.entrypoints.cli", "api", "--port", "0", "--no-wait", "--store", NOWHERE
    )
    assert service.wait() == 1
    assert "the store is unavailable" in service.log()
    assert "Traceback" not in service.log()


def test_it_comes_up_without_its_store_and_serves_when_that_is_there(
    processes: ProcessRunner, private_redis: RedisServer
) -> None:
    private_redis.kill()
    _, address = start(processes, store=private_redis.url)
    body = {"name": "f", "payload": serialize(abs)}
    refused = httpx.post(f"{address}/register_function", json=body)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert httpx.get(f"{address}/readyz").status_code == 503
    assert httpx.get(f"{address}/healthz").status_code == 200
    private_redis.start()
    wait_until(lambda: httpx.get(f"{address}/readyz").status_code == 200, "it is ready")
    registered = httpx.post(f"{address}/register_function", json=body)
    assert registered.status_code == 200


def test_over_the_real_store_the_original_routes_work(
    processes: ProcessRunner, redis_url: str
) -> None:
    _, address = start(processes, store=redis_url)
    with httpx.Client(base_url=address) as client:
        registered = client.post(
            "/register_function", json={"name": "f", "payload": serialize(abs)}
        )
        body = {**registered.json(), "payload": serialize(((-1,), {"x": b"y" * 300_000}))}
        task_id = client.post("/execute_function/", json=body).json()["task_id"]
        assert client.get(f"/status/{task_id}").json() == {"task_id": task_id, "status": "QUEUED"}
        assert client.get(f"/result/{task_id}/").json()["result"] == ""
        assert client.get(f"/status/{UNKNOWN}").status_code == 404
        assert client.get("/").json()["redis_status"] == "connected"


# ---------------------------------------------------------------- clients that misbehave


@pytest.mark.parametrize("size", [99_999, 100_000, 100_001])
def test_a_chunked_body_is_counted_without_a_length(url: str, size: int) -> None:
    body = b'{"name": "f", "payload": "'
    body += b"%" * (size - len(body) - 2) + b'"}'

    def chunks() -> Iterator[bytes]:
        for start in range(0, size, 7_777):
            yield body[start : start + 7_777]

    answer = httpx.post(f"{url}/register_function", content=chunks())
    assert answer.status_code == (413 if size > 100_000 else 400)
    assert answer.json()["detail"]


def test_a_client_that_sends_far_too_much_reads_the_answer_all_the_same(url: str) -> None:
    answer = httpx.post(f"{url}/register_function", content=b"x" * 30_000_000)
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"


def test_a_client_that_asks_first_is_spared_the_sending(url: str) -> None:
    with connection(url) as client:
        client.sendall(
            b"POST /register_function HTTP/1.1\r\nhost: gofer\r\nexpect: 100-continue\r\n"
            b"content-length: 100001\r\n\r\n"
        )
        status, _ = answer_of(client)
    assert status == 413


def test_a_client_that_connects_and_says_nothing_is_hung_up_on(url: str) -> None:
    with connection(url) as client:
        assert answer_of(client)[0] == 408


def test_a_head_that_trickles_in_is_ended_by_the_deadline(url: str) -> None:
    started = time.monotonic()
    with connection(url) as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: gofer\r\n")
        wait_until(lambda: hung_up(client, b"x-slow: 1\r\n"), "the server hangs up")
    assert time.monotonic() - started < 10


def hung_up(client: socket.socket, more: bytes) -> bool:
    """Send a little more; tell whether nobody takes it."""
    try:
        client.sendall(more)
    except OSError:
        return True
    return False


def test_a_second_request_of_a_connection_has_a_deadline_too(url: str) -> None:
    with connection(url) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nhost: gofer\r\n\r\n")
        read_until(client, b'{"status":"alive"}')
        client.sendall(b"GET /healthz HT")
        assert answer_of(client)[0] == 408


def test_an_idle_connection_between_two_requests_is_left_alone(url: str) -> None:
    with connection(url) as idle, connection(url) as slow:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nhost: gofer\r\n\r\n")
        read_until(idle, b'{"status":"alive"}')
        slow.sendall(b"GET /")
        assert answer_of(slow)[0] == 408  # so the deadline of heads has passed
        idle.sendall(b"GET /healthz HTTP/1.1\r\nhost: gofer\r\n\r\n")
        assert b"200 OK" in read_until(idle, b'{"status":"alive"}')


def test_a_body_that_stops_arriving_is_408(url: str) -> None:
    with connection(url) as client:
        client.sendall(
            b"POST /register_function HTTP/1.1\r\nhost: gofer\r\ncontent-length: 50\r\n\r\n{"
        )
        status, body = answer_of(client)
    assert status == 408
    assert b"did not arrive" in body


def test_a_head_without_end_is_431(processes: ProcessRunner) -> None:
    _, address = start(processes)
    with connection(address) as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: gofer\r\n")
        wait_until(lambda: hung_up(client, b"x-long: " + b"x" * 60_000 + b"\r\n"), "it hangs up")
    with connection(address) as client:
        client.sendall(b"GET / HTTP/1.1\r\nx-long: " + b"x" * 60_000)
        client.sendall(b"x" * 300_000)
        status = answer_of_one_who_was_cut_off(client)
    assert status in {431, None}


def answer_of_one_who_was_cut_off(client: socket.socket) -> int | None:
    """Return the status, or None if the connection broke under what was still being sent."""
    try:
        return answer_of(client)[0]
    except OSError:
        return None


def test_connections_over_the_limit_get_503(processes: ProcessRunner) -> None:
    _, address = start(processes, http_concurrency=3)
    with connection(address), connection(address):
        answer = wait_until(
            lambda: answered(address, 503), "a connection too many is refused with 503"
        )
    assert answer
    assert wait_until(lambda: answered(address, 200), "there is room again")


def answered(address: str, status: int) -> bool:
    return httpx.get(f"{address}/healthz").status_code == status


def test_what_is_no_http_is_400(url: str) -> None:
    with connection(url) as client:
        client.sendall(b"\x16\x03\x01 not http\r\n\r\n")
        assert answer_of(client)[0] == 400
    with connection(url) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        client.sendall(b"\0" * 100_000)
        assert answer_of_one_who_was_cut_off(client) in {400, None}
