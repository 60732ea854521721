"""The feed of all tasks, over a real connection: from now on, resumed, ended with the service."""

import signal
import threading
from collections.abc import Iterator

import httpx
import pytest

import gofer.testing
from gofer import Client
from gofer.testing import RunningSystem, returned
from tests.integration.rest.test_server import start
from tests.support.processes import ProcessRunner
from tests.support.waiting import wait_until
from tests.unit.entrypoints.rest.v1.test_streams import Event, events_of


@pytest.fixture
def system() -> Iterator[RunningSystem]:
    with gofer.testing.running(run=lambda _function, _assignment: returned(42)) as opened:
        yield opened


def first_comment(lines: Iterator[str]) -> None:
    """Read until the stream says that it listens."""
    assert next(lines).startswith(":")


def until_completed(lines: Iterator[str]) -> list[Event]:
    """Read events until a task is COMPLETED."""
    block = ""
    found: list[Event] = []
    for line in lines:
        block += line + "\n"
        if not line:
            found += events_of(block)
            block = ""
            if found and found[-1].data.get("status") == "COMPLETED":
                return found
    pytest.fail("the stream ended")


def test_changes_of_all_tasks_are_told_and_a_stream_is_resumed(system: RunningSystem) -> None:
    with Client(system.url) as client, httpx.Client(base_url=system.url, timeout=30) as web:
        function = client.register(abs)
        with web.stream("GET", "/v1/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.iter_lines()
            first_comment(lines)
            one = client.submit(function, client.arguments(1))
            told = until_completed(lines)
        assert {each.data["id"] for each in told} == {one}
        statuses = [each.data["status"] for each in told]
        assert statuses[-1] == "COMPLETED"
        other = client.submit(function, client.arguments(2))
        client.result(other, timeout=20)
        last = {"Last-Event-ID": told[-1].id}
        with web.stream("GET", "/v1/events", headers=last) as stream:
            lines = stream.iter_lines()
            first_comment(lines)
            rest = until_completed(lines)
        assert {each.data["id"] for each in rest} == {other}


def test_a_cursor_that_is_none_is_refused(system: RunningSystem) -> None:
    answer = httpx.get(f"{system.url}/v1/events", headers={"Last-Event-ID": "rubbish"})
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:gofer:problem:invalid-input"


def test_a_service_that_leaves_ends_its_streams(processes: ProcessRunner, redis_url: str) -> None:
    service, url = start(processes, store=redis_url)
    told: list[str] = []

    def follow() -> None:
        with httpx.stream("GET", f"{url}/v1/events", timeout=30) as stream:
            for line in stream.iter_lines():
                told.append(line)  # noqa: PERF402 - one by one, as they come

    follower = threading.Thread(target=follow)
    follower.start()
    wait_until(lambda: told, "the stream has begun")
    service.send(signal.SIGTERM)
    assert service.wait() == 0
    follower.join()
    assert told[0].startswith(":")
    assert "Exception" not in service.log()
