"""The store goes away and comes back: everybody waits, says so, and goes on."""

from pathlib import Path

import pytest

from tests.support.chores import Trace, traced_nap
from tests.support.redis_server import RedisServer
from tests.support.system import MODES, System
from tests.support.waiting import wait_until

REQUESTS = [
    ("POST", "/register_function", {"name": "f", "payload": "gANLAS4=\n"}),
    ("GET", "/status/00000000-0000-4000-8000-000000000000", None),
    ("GET", "/result/00000000-0000-4000-8000-000000000000", None),
]


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    return Trace(tmp_path / "trace")


def test_the_web_service_says_that_the_store_is_away_and_recovers(
    fragile_system: System, private_redis: RedisServer
) -> None:
    fragile_system.start_api()
    caller = fragile_system.caller()
    function_id = caller.register(len)
    private_redis.stop()
    execution = {"function_id": function_id, "payload": "gAQpfZQu\n"}
    for method, path, body in [*REQUESTS, ("POST", "/execute_function", execution)]:
        answer = caller.ask(method, path, body)
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["detail"]
    assert caller.ask("GET", "/healthz").status_code == 200
    assert caller.ask("GET", "/readyz").status_code == 503
    root = caller.ask("GET", "/")
    assert root.status_code == 200
    assert root.json()["redis_status"] != "connected"
    private_redis.start()
    wait_until(lambda: caller.ask("GET", "/readyz").status_code == 200, "it is ready again")
    assert caller.status(caller.execute(function_id, "four")) == "QUEUED"


@pytest.mark.parametrize("mode", MODES)
def test_the_system_survives_a_crash_of_the_store(
    fragile_system: System, private_redis: RedisServer, trace: Trace, mode: str
) -> None:
    system = fragile_system
    system.start_all(mode, slots=2)
    caller = system.caller()
    nap = caller.register(traced_nap())
    caller.ending(caller.execute(nap, trace.path, "warm", 0))
    running = caller.execute(nap, trace.path, "running", 1)
    trace.wait_for_begun(2)
    queued = [caller.execute(nap, trace.path, f"n{number}", 0.2) for number in range(10)]
    private_redis.kill()
    wait_until(lambda: trace.runs()[1].ended, "the task ends while the store is away")
    private_redis.start()
    wait_until(lambda: caller.ask("GET", "/readyz").status_code == 200, "the service is ready")
    endings = caller.endings([running, *queued], timeout=30)
    assert [ending.status for ending in endings] == ["COMPLETED"] * 11
    assert {run.name for run in trace.runs()} == {"warm", "running", *(f"n{n}" for n in range(10))}
    later = caller.execute(nap, trace.path, "later", 0)
    assert caller.ending(later).value == "later"


def test_everything_may_be_started_before_the_store(
    fragile_system: System, private_redis: RedisServer
) -> None:
    private_redis.stop()
    dispatcher = fragile_system.start_dispatcher("local")
    fragile_system.start_api()
    dispatcher.wait_for_log("waiting for redis://")
    private_redis.start()
    caller = fragile_system.caller()
    wait_until(lambda: caller.ask("GET", "/readyz").status_code == 200, "the service is ready")
    assert caller.ending(caller.submit(len, "four")).value == 4


def test_scripts_that_the_store_forgot_are_brought_again(
    fragile_system: System, private_redis: RedisServer
) -> None:
    fragile_system.start_all("local")
    caller = fragile_system.caller()
    function_id = caller.register(len)
    assert caller.ending(caller.execute(function_id, "one")).value == 3
    private_redis.stop()
    private_redis.start()
    wait_until(lambda: caller.ask("GET", "/readyz").status_code == 200, "the service is ready")
    assert caller.ending(caller.execute(function_id, "four")).value == 4
