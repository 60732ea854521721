"""``gofer demo``: all values right, and nothing left behind, whenever it is interrupted."""

import signal
import sys
from pathlib import Path

import pytest

from tests.support.processes import ProcessRunner, StartedProcess
from tests.support.traces import Surroundings


@pytest.fixture
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Surroundings:
    # not below the test's own folder: a socket's path has to be short
    return Surroundings(tmp_path_factory.mktemp("d"))


def start_demo(processes: ProcessRunner, surroundings: Surroundings) -> StartedProcess:
    arguments = ("demo", "--log-level", "info")
    env = surroundings.environment
    return processes.start_module("gofer.entrypoints.cli", *arguments, env=env)


def test_it_runs_every_mode_and_leaves_nothing(
    processes: ProcessRunner, surroundings: Surroundings, tmp_path: Path
) -> None:
    bystander = tmp_path / "dill.py"  # a file of the folder that it is started in
    bystander.write_text("raise SystemExit('the wrong dill')", encoding="utf-8")
    command = [f"{sys.prefix}/bin/gofer", "demo"]
    demo = processes.start(command, name="demo", env=surroundings.environment, cwd=tmp_path)
    assert demo.wait(60) == 0, demo.log()
    assert list(tmp_path.iterdir()) == [bystander]
    assert "every value is right" in demo.log()
    assert not surroundings.processes()
    assert not surroundings.files()
    assert not surroundings.state.exists()


MOMENTS = {
    "before the service is up": "starting the store",
    "while a mode starts": "listening on",
    "in the first burst": " joined: ",
    "between two modes": "local: ",
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_it_leaves_nothing_when_it_is_interrupted(
    processes: ProcessRunner, surroundings: Surroundings, moment: str
) -> None:
    demo = start_demo(processes, surroundings)
    demo.wait_for_log(MOMENTS[moment], 30)
    demo.send(signal.SIGINT)
    assert demo.wait(20) == 130
    assert not surroundings.processes()
    assert not surroundings.files()
    assert "Traceback" not in demo.log()


def test_it_leaves_nothing_when_it_is_killed(
    processes: ProcessRunner, surroundings: Surroundings
) -> None:
    demo = start_demo(processes, surroundings)
    demo.wait_for_log(" joined: ", 30)
    demo.kill()
    surroundings.wait_until_clean()
