"""The process runner: logs, exit codes, and that nothing survives it."""

import sys

import pytest

from tests.support.processes import ProcessRunner, is_running
from tests.support.waiting import wait_until

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
child = subprocess.Popen(sleeper, start_new_session=True)
print("child", child.pid, flush=True)
time.sleep(60)
"""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_it_keeps_the_output_and_the_exit_code(processes: ProcessRunner) -> None:
    process = processes.start(python("import sys; print('hello'); sys.exit(3)"), name="greeter")
    assert process.wait() == 3
    assert process.log() == "hello\n"


def test_waiting_for_a_log_line_fails_at_once_when_the_process_has_ended(
    processes: ProcessRunner,
) -> None:
    process = processes.start(python("print('bye')"), name="quitter")
    with pytest.raises(AssertionError, match="quitter ended with 0 before it said 'hello'"):
        process.wait_for_log("hello")


def test_the_settings_of_whoever_runs_the_tests_do_not_reach_the_processes(
    processes: ProcessRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOFER_STORE", "redis://elsewhere")
    code = "import os; print([name for name in os.environ if name.startswith('GOFER_')])"
    process = processes.start(python(code), name="printer", env={"GOFER_PORT": "1"})
    process.wait()
    assert process.log() == "['GOFER_PORT']\n"


def test_the_bare_folders_are_not_importable_in_a_started_module(processes: ProcessRunner) -> None:
    code = "import importlib.util as u; print([n for n in ('domain', 'tests') if u.find_spec(n)])"
    process = processes.start(python(code), name="finder")
    process.wait()
    assert process.log() == "[]\n"


def test_a_process_that_ignores_sigterm_and_its_children_are_killed(
    processes: ProcessRunner,
) -> None:
    process = processes.start(python(STUBBORN), name="stubborn")
    process.wait_for_log("child")
    child = int(process.log().split()[1])
    process.end(grace=0.2)
    wait_until(lambda: not is_running(child), "the child of the stubborn one is gone")
    assert process.exit_code == -9
