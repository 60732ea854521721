"""Plain requests, as the command line makes them: JSON both ways, errors that say what to do."""

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import gofer.testing
from gofer import Client, NotGofer, Refused, Unauthorized, Unreachable
from gofer.testing import RunningSystem
from tests.support.ports import free_port

UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.fixture(scope="module")
def system() -> Iterator[RunningSystem]:
    with gofer.testing.running() as opened:
        yield opened


@contextmanager
def answering(status: int, kind: str, body: bytes) -> Generator[tuple[str, list[str | None]]]:
    """Give the URL of a server that answers everything so, and the tokens that it was sent."""
    tokens: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tokens.append(self.headers.get("authorization"))
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the base class calls it so

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", tokens
        finally:
            server.shutdown()
            thread.join()


def test_a_request_gives_what_the_service_answers(system: RunningSystem) -> None:
    with Client(system.url) as client:
        body = {"name": "absolute", "payload": "gASVFAAAAAAAAACMCGJ1aWx0aW5zlIwDYWJzlJOULg=="}
        function = client.request("POST", "/register_function", body)["function_id"]
        tasks = [{"payload": "gASVDAAAAAAAAABK6////4WUfZSGlC4="}]
        batch = client.request("POST", "/v1/batches", {"function": function, "tasks": tasks})
        page = client.request("GET", f"/v1/batches/{batch['id']}/results", query={"wait": 30})
    assert [item["status"] for item in page["items"]] == ["COMPLETED"]


def test_a_refusal_has_the_whole_problem(system: RunningSystem) -> None:
    with Client(system.url) as client, pytest.raises(Refused, match=UNKNOWN) as caught:
        client.request("GET", f"/v1/tasks/{UNKNOWN}/result")
    assert caught.value.problem["type"] == "urn:gofer:problem:not-found"


@pytest.mark.parametrize(
    ("token", "status", "advice"),
    [
        ("", 401, "set GOFER_TOKEN"),
        ("guess", 401, "is GOFER_TOKEN the right one"),
        ("guess", 403, "may not do this"),
    ],
)
def test_a_token_that_is_missing_or_refused_is_told_with_what_to_do(
    token: str, status: int, advice: str
) -> None:
    with (
        answering(status, "application/json", b'{"detail": "no"}') as (url, tokens),
        Client(url, token=token) as client,
        pytest.raises(Unauthorized, match=advice),
    ):
        client.request("GET", "/v1/queues")
    assert tokens == [f"Bearer {token}" if token else None]


def test_url_and_token_are_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(200, "application/json", b'{"yes": 1}') as (url, tokens):
        monkeypatch.setenv("GOFER_URL", url)
        monkeypatch.setenv("GOFER_TOKEN", "secret\n")
        with Client() as client:
            assert client.request("GET", "/v1/version") == {"yes": 1}
    assert tokens == ["Bearer secret"]


@pytest.mark.parametrize("status", [200, 404])
def test_another_service_at_the_url_is_told_with_what_to_do(status: int) -> None:
    with (
        answering(status, "text/html", b"<h1>It works!</h1>") as (url, _),
        Client(url) as client,
        pytest.raises(NotGofer, match="is the URL right"),
    ):
        client.request("GET", "/v1/queues")


def test_nobody_at_the_url_is_told_with_what_to_do() -> None:
    with (
        Client(f"http://127.0.0.1:{free_port()}", patience_s=0.1) as client,
        pytest.raises(Unreachable, match=r"refused.*gofer up.*GOFER_URL"),
    ):
        client.request("GET", "/v1/queues")


def test_an_answer_is_given_as_it_comes() -> None:
    with answering(200, "text/plain", b"one\ntwo\n") as (url, _), Client(url) as client:
        assert b"".join(client.stream("/v1/tasks/x/logs")) == b"one\ntwo\n"


@pytest.mark.parametrize("token", ["two words", "grün"])
def test_a_token_that_can_be_none_is_refused_at_once(token: str) -> None:
    with pytest.raises(ValueError, match="GOFER_TOKEN"):
        Client(token=token)
