"""``gofer up``: the whole system in one terminal, its data kept, every part restarted."""

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.caller import Caller
from tests.support.chores import Trace, traced_nap
from tests.support.processes import ProcessRunner, StartedProcess
from tests.support.traces import Surroundings
from tests.support.waiting import wait_until


class Up:
    """``gofer up`` over the embedded store, and what surrounds it."""

    def __init__(self, processes: ProcessRunner, surroundings: Surroundings, data: Path) -> None:
        self.surroundings = surroundings
        self.data = data
        self.processes = processes

    def launch(self, *arguments: str, **environment: str) -> StartedProcess:
        """Start it on a free port; do not wait for it."""
        environment = {**self.surroundings.environment, "GOFER_DISPATCHER_PORT": "0", **environment}
        command = ("up", "--store", f"embedded://{self.data}", "--port", "0", "-w", "1")
        return self.processes.start_module(
            "gofer.entrypoints.cli", *command, *arguments, env=environment
        )

    def start(self, *arguments: str, **environment: str) -> tuple[StartedProcess, str]:
        """Start it and wait until it is up; return it with the URL of its web service."""
        up = self.launch(*arguments, **environment)
        says = "gofer is up: "
        up.wait_for_log(says, 30)
        return up, up.log().partition(says)[2].split()[0]


@pytest.fixture
def up(processes: ProcessRunner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("u")  # a socket's path has to be short
    made = Up(processes, Surroundings(folder), folder / "data")
    yield made
    processes.end()
    made.surroundings.wait_until_clean()


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    return Trace(tmp_path / "trace")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_nothing_left_and_keeps_its_data(up: Up, number: signal.Signals) -> None:
    process, url = up.start()
    with Caller(url) as caller:
        function_id = caller.register(len)
        task_id = caller.execute(function_id, "four")
        assert caller.ending(task_id).value == 4
    process.send(number)
    assert process.wait() == 0
    assert not up.surroundings.processes()
    assert not up.surroundings.files()
    _, url = up.start()
    with Caller(url) as caller:
        assert caller.ending(task_id).value == 4
        assert caller.ending(caller.execute(function_id, "three")).value == 5


def test_it_finishes_what_runs_before_it_ends(up: Up, trace: Trace) -> None:
    process, url = up.start()
    with Caller(url) as caller:
        task_id = caller.execute(caller.register(traced_nap()), trace.path, "running", 1)
        trace.wait_for_begun(1)
    assert process.stop() == 0
    assert trace.runs()[0].ended
    _, url = up.start()
    with Caller(url) as caller:
        assert caller.ending(task_id).value == "running"


def test_a_second_signal_does_not_wait(up: Up, trace: Trace) -> None:
    process, url = up.start()
    with Caller(url) as caller:
        caller.execute(caller.register(traced_nap()), trace.path, "endless", 60)
        trace.wait_for_begun(1)
    process.send(signal.SIGINT)
    process.wait_for_log("leaving")
    process.send(signal.SIGINT)
    process.wait(10)
    up.surroundings.wait_until_clean()


@pytest.mark.parametrize("mode", ["local", "pull"])
def test_nothing_outlives_it_when_it_is_killed(up: Up, trace: Trace, mode: str) -> None:
    process, url = up.start("-m", mode, GOFER_DRAIN_MS="500", GOFER_SILENCE_MS="4000")
    with Caller(url) as caller:
        caller.execute(caller.register(traced_nap()), trace.path, "endless", 60)
        trace.wait_for_begun(1)
    process.kill()
    up.surroundings.wait_until_clean()


def test_nothing_outlives_it_when_it_is_killed_while_it_starts(up: Up) -> None:
    process = up.launch("-m", "push")
    wait_until(lambda: up.surroundings.named("dispatcher"), "its dispatcher is started")
    process.kill()
    up.surroundings.wait_until_clean()


@pytest.mark.parametrize("part", ["api", "dispatcher", "worker"])
def test_a_part_that_dies_is_started_again_where_it_was(up: Up, part: str) -> None:
    process, url = up.start("-m", "push", GOFER_SILENCE_MS="4000")
    (victim,) = up.surroundings.named(part)
    victim.kill()
    process.wait_for_log(f"{'worker 1' if part == 'worker' else part} ended with exit code -9")

    wait_until(
        lambda: any(p.pid != victim.pid for p in up.surroundings.named(part)), f"a new {part} runs"
    )
    with Caller(url) as caller:
        wait_until(lambda: answers(url), "the web service answers")
        assert caller.ending(caller.submit(len, "four"), 30).value == 4


def answers(url: str) -> bool:
    """Tell whether the web service can be reached."""
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_a_second_one_on_the_same_data_is_told_where_the_first_is(up: Up) -> None:
    up.start()
    second = up.launch()
    assert second.wait() == 1
    assert "another embedded server uses" in second.log()
    assert "Traceback" not in second.log()


def test_a_port_in_use_is_said_and_leaves_nothing(up: Up) -> None:
    _, url = up.start()
    port = url.rpartition(":")[2]
    other = Up(up.processes, up.surroundings, up.data.with_name("other"))
    second = other.launch("--port", port)
    assert second.wait() == 1
    assert "the port is in use" in second.log()
    assert "Traceback" not in second.log()


def test_a_system_in_memory_is_one_process(up: Up) -> None:
    process, url = up.start("--store", "memory://")
    with Caller(url) as caller:
        assert caller.ending(caller.submit(len, "four")).value == 4
    assert process.stop() == 0
