"""SIGTERM: each part finishes or hands back what it has, and ends with exit code 0."""

import http.client
import signal
import time
import urllib.parse
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.support.chores import Trace, traced_nap
from tests.support.redis_server import RedisServer
from tests.support.system import MODES, REMOTE_MODES, System
from tests.support.waiting import wait_until


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    return Trace(tmp_path / "trace")


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_a_worker_leaves_although_its_dispatcher_is_gone(system: System, mode: str) -> None:
    worker = system.start_worker(mode)
    dispatcher = system.start_dispatcher(mode)
    worker.wait_for_log("connected as")
    assert dispatcher.stop() == 0
    assert worker.stop(10) == 0


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_a_worker_that_finds_no_dispatcher_says_so_and_leaves(system: System, mode: str) -> None:
    worker = system.start_worker(mode)
    worker.wait_for_log(f"no dispatcher answers at tcp://127.0.0.1:{system.port}")
    assert worker.stop(10) == 0


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_a_worker_finishes_what_runs_and_hands_back_the_rest(
    system: System, trace: Trace, mode: str
) -> None:
    worker = system.start_worker(mode, slots=1)
    system.start_dispatcher(mode)
    caller = system.caller()
    nap = caller.register(traced_nap())
    running = caller.execute(nap, trace.path, "running", 1)
    trace.wait_for_begun(1)
    waiting = [caller.execute(nap, trace.path, f"waiting{number}", 0) for number in range(3)]
    assert worker.stop() == 0
    assert caller.ending(running).value == "running"
    system.start_worker(mode, slots=1)
    assert [ending.status for ending in caller.endings(waiting)] == ["COMPLETED"] * 3
    assert sorted(run.name for run in trace.runs()) == [
        "running",
        "waiting0",
        "waiting1",
        "waiting2",
    ]


def test_a_local_dispatcher_finishes_what_runs_and_keeps_the_rest(
    system: System, trace: Trace
) -> None:
    dispatcher = system.start_dispatcher("local", slots=1)
    caller = system.caller()
    nap = caller.register(traced_nap())
    running = caller.execute(nap, trace.path, "running", 1)
    trace.wait_for_begun(1)
    waiting = caller.execute(nap, trace.path, "waiting", 0)
    assert dispatcher.stop() == 0
    assert caller.status(running) == "COMPLETED"
    assert caller.status(waiting) == "QUEUED"
    system.start_dispatcher("local", slots=1)
    assert caller.ending(waiting).value == "waiting"
    assert len(trace.runs()) == 2


def test_a_drain_that_takes_too_long_hands_running_tasks_back(system: System, trace: Trace) -> None:
    system.start_dispatcher("pull")
    worker = system.start_worker("pull", slots=1, GOFER_DRAIN_MS="200")
    caller = system.caller()
    task_id = caller.execute(caller.register(traced_nap()), trace.path, "long", 3)
    trace.wait_for_begun(1)
    assert worker.stop() == 0
    system.start_worker("pull", slots=1)
    assert caller.ending(task_id).value == "long"
    first, second = trace.runs()
    assert first.ended is None
    assert second.ended is not None


def test_a_dispatcher_whose_store_is_away_leaves_and_its_lease_brings_the_task_back(
    fragile_system: System, private_redis: RedisServer, trace: Trace
) -> None:
    system = fragile_system
    dispatcher = system.start_dispatcher("local", slots=1, GOFER_DRAIN_MS="500")
    system.start_api()
    caller = system.caller()
    task_id = caller.execute(caller.register(traced_nap()), trace.path, "long", 3)
    trace.wait_for_begun(1)
    private_redis.stop()
    assert dispatcher.stop(10) == 0
    assert "not everything could be written" in dispatcher.log()
    private_redis.start()
    system.start_dispatcher("local", slots=1)
    wait_until(lambda: caller.ask("GET", "/readyz").status_code == 200, "the service is ready")
    assert caller.ending(task_id).value == "long"


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_tasks_run_on_while_their_dispatcher_is_replaced(
    system: System, trace: Trace, mode: str
) -> None:
    worker = system.start_worker(mode, slots=1)
    dispatcher = system.start_dispatcher(mode)
    caller = system.caller()
    task_id = caller.execute(caller.register(traced_nap()), trace.path, "long", 2)
    trace.wait_for_begun(1)
    assert dispatcher.stop() == 0
    assert caller.status(task_id) == "RUNNING"
    system.start_dispatcher(mode)
    assert caller.ending(task_id).value == "long"
    assert len(trace.runs()) == 1
    assert worker.exit_code is None


@pytest.mark.parametrize("mode", MODES)
def test_a_second_signal_does_not_wait(system: System, trace: Trace, mode: str) -> None:
    system.start_all(mode, slots=1)
    caller = system.caller()
    task_id = caller.execute(caller.register(traced_nap()), trace.path, "long", 30)
    trace.wait_for_begun(1)
    victim = system.part("dispatcher" if mode == "local" else f"workers.{mode}")
    victim.send(signal.SIGTERM)
    victim.wait_for_log("leaving")
    assert caller.status(task_id) == "RUNNING"
    victim.send(signal.SIGTERM)
    assert victim.wait(5) == 128 + signal.SIGTERM


def test_the_web_service_answers_what_it_has_begun_and_leaves(system: System) -> None:
    api = system.start_api()
    assert system.caller().ask("GET", "/").status_code == 200
    assert api.stop() == 0


def test_a_web_service_that_leaves_answers_those_who_wait(system: System) -> None:
    api = system.start_api()
    task_id = system.caller().submit(len, "four")
    wait_s = 30
    address = urllib.parse.urlsplit(system.url).netloc
    with closing(http.client.HTTPConnection(address, timeout=wait_s)) as waiting:
        waiting.request("GET", f"/v1/tasks/{task_id}/result?wait={wait_s}")
        for _ in range(2):  # who comes later has been answered: so the first is being served
            with closing(http.client.HTTPConnection(address, timeout=wait_s)) as later:
                later.request("GET", "/healthz")
                assert later.getresponse().status == HTTPStatus.OK
        began = time.monotonic()
        assert api.stop() == 0
        assert time.monotonic() - began < wait_s / 3
        assert waiting.getresponse().status == HTTPStatus.ACCEPTED
    assert "Traceback" not in api.log()
