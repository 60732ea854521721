"""A gofer on a thread, over real HTTP on loopback: the way in for any client."""

import json
import threading
import urllib.error
import urllib.request
from typing import Any

import pytest

import gofer.testing
from gofer.domain.task import TaskStatus
from gofer.testing import RunningSystem, held, returned
from tests.support.original_client import deserialize, serialize


def ask(url: str, body: object = None) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - our own URL
        answer: dict[str, Any] = json.load(response)
    return answer


def submit(system: RunningSystem, function: object, *args: object) -> str:
    body = {"name": "f", "payload": serialize(function)}
    function_id = ask(f"{system.url}/register_function", body)["function_id"]
    body = {"function_id": function_id, "payload": serialize((args, dict[str, Any]()))}
    return str(ask(f"{system.url}/execute_function", body)["task_id"])


def test_any_http_client_gets_what_the_function_returned() -> None:
    with gofer.testing.running() as system:
        task_id = submit(system, abs, -42)
        task, _ = system.outcome(task_id)
        answer = ask(f"{system.url}/result/{task_id}")
    assert task.status is TaskStatus.COMPLETED
    assert deserialize(answer["result"]) == 42


def test_the_test_ends_a_held_task_from_its_own_thread() -> None:
    with gofer.testing.running(run=held) as system:
        task_id = submit(system, abs, -42)
        system.finish(task_id, returned("by hand"))
        system.outcome(task_id)
        assert deserialize(ask(f"{system.url}/result/{task_id}")["result"]) == "by hand"


def test_a_store_that_is_away_is_a_503_for_any_client() -> None:
    with (
        gofer.testing.running() as system,
        system.store_away(),
        pytest.raises(urllib.error.HTTPError) as refused,
    ):
        submit(system, abs, -42)
    with refused.value as answer:
        assert (answer.code, answer.headers["Retry-After"]) == (503, "1")


def test_every_part_can_be_asked_from_the_tests_thread() -> None:
    with gofer.testing.running() as system:
        before = system.clock.unix_ms()
        task_id = submit(system, abs, -42)
        system.outcome(task_id)
        assert system.ask(system.system.service.store_health()) == "connected"
        assert system.outcome(task_id)[0].created_at_ms == before


def test_two_systems_know_nothing_of_each_other() -> None:
    with gofer.testing.running() as one, gofer.testing.running() as other:
        task_id = submit(one, abs, -42)
        with pytest.raises(urllib.error.HTTPError) as refused:
            ask(f"{other.url}/status/{task_id}")
    with refused.value as answer:
        assert answer.code == 404


def test_a_test_that_fails_leaves_nothing_running() -> None:
    def failing_test() -> None:
        with gofer.testing.running(run=held) as system:
            submit(system, abs, -42)
            raise AssertionError(system.url)

    with pytest.raises(AssertionError) as failed:
        failing_test()
    with pytest.raises(urllib.error.URLError):
        ask(f"{failed.value}/healthz")
    assert not [t.name for t in threading.enumerate() if t.name.startswith("gofer-testing")]


def test_a_system_that_cannot_start_says_why() -> None:
    with (
        pytest.raises(ValueError, match="result_limit_bytes"),
        gofer.testing.running(result_limit_bytes=0),
    ):
        pass


def test_a_function_that_never_returns_does_not_hold_up_the_end() -> None:
    release = threading.Event()
    _EVENTS["release"] = release
    with gofer.testing.running() as system:
        submit(system, _wait_for_release)
    assert not release.is_set()
    release.set()


_EVENTS: dict[str, threading.Event] = {}


def _wait_for_release() -> None:
    _EVENTS["release"].wait(timeout=30)
