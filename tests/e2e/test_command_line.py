"""``gofer run`` and ``gofer map`` as processes of a shell: signals, pipes that stay open."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import gofer.testing
from gofer import Client
from gofer.testing import RunningSystem
from tests.support.processes import ProcessRunner
from tests.support.waiting import wait_until

JOBS = """
import os
import time


def wait_for(path):
    open(path + ".began", "w").close()
    while not os.path.exists(path + ".end"):
        time.sleep(0.01)


def double(number):
    return 2 * number
"""


@pytest.fixture
def system() -> Iterator[RunningSystem]:
    with gofer.testing.running(slots=3) as opened:
        yield opened


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Path]:
    """Give a file of functions; those that wait for the end of the test get it."""
    file = tmp_path / "jobs.py"
    file.write_text(JOBS)
    yield file
    for end in ("jobs.py.end", *(f"jobs.py-{n}.end" for n in range(3))):
        (tmp_path / end).touch()


def test_ctrl_c_cancels_what_was_mapped(
    system: RunningSystem, processes: ProcessRunner, jobs: Path
) -> None:
    lines = jobs.with_name("lines.jsonl")
    lines.write_text("".join(f'"{jobs}-{n}"\n' for n in range(3)))
    words = ("map", f"{jobs}:wait_for", str(lines), "--url", system.url)
    mapping = processes.start_module("gofer.entrypoints.cli", *words)
    wait_until(jobs.with_name("jobs.py-0.began").exists, "the first task runs", 30)
    mapping.send(signal.SIGINT)
    assert mapping.wait() == 130
    assert "cancelled; 3 tasks had not ended" in mapping.log()
    assert "Traceback" not in mapping.log()


def test_lines_that_come_slowly_are_answered_as_they_come(
    system: RunningSystem, jobs: Path
) -> None:
    words = [sys.executable, "-m", "gofer.entrypoints.cli", "map", f"{jobs}:double"]
    environment = os.environ | {"GOFER_URL": system.url, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd="/"
    ) as mapping:
        assert mapping.stdin is not None
        assert mapping.stdout is not None
        for number in (1, 2):
            mapping.stdin.write(f"{number}\n")
            mapping.stdin.flush()
            assert mapping.stdout.readline() == f"{2 * number}\n"
        mapping.stdin.close()
        assert mapping.wait(20) == 0


def test_an_error_while_more_lines_may_come_ends_it_without_a_crash(
    system: RunningSystem, jobs: Path
) -> None:
    words = [sys.executable, "-m", "gofer.entrypoints.cli", "map", f"{jobs}:double"]
    environment = os.environ | {"GOFER_URL": system.url}
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd="/"
    ) as mapping:
        assert mapping.stdin is not None
        assert mapping.stderr is not None
        mapping.stdin.write("this is no JSON\n")
        mapping.stdin.flush()
        assert mapping.wait(20) == 1
        assert mapping.stderr.read().startswith("gofer: line 1 is no JSON")


def test_ctrl_c_cancels_what_runs(
    system: RunningSystem, processes: ProcessRunner, jobs: Path
) -> None:
    words = ("run", f"{jobs}:wait_for", str(jobs), "--url", system.url)
    running = processes.start_module("gofer.entrypoints.cli", *words)
    wait_until(jobs.with_name("jobs.py.began").exists, "the task runs", 30)
    running.send(signal.SIGINT)
    assert running.wait() == 130
    words_of_it = running.log().split()
    task_id = words_of_it[words_of_it.index("task") + 1]
    with Client(system.url) as client:
        answer = client.request("GET", f"/v1/tasks/{task_id}/result", query={"wait": 20})
    assert answer["status"] == "CANCELLED"
