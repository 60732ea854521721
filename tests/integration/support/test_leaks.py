"""The leak checks and the logs under a failed test, seen from outside: pytest run by pytest."""

import sys
from pathlib import Path

import pytest

from tests.support.checkout import ROOT
from tests.support.processes import ProcessRunner

ORPHAN = """
    starter = "import subprocess; subprocess.Popen(['sleep', '30'], start_new_session=True)"
    subprocess.run([sys.executable, '-c', starter], check=True)
"""
THREAD = "threading.Thread(target=threading.Event().wait, args=(30,), daemon=True).start()"
DESCRIPTOR = "os.open(os.devnull, os.O_RDONLY)"
CLEAN = """
    process = subprocess.Popen(['sleep', '30'])
    process.kill()
    process.wait()
    with open(os.devnull):
        pass
"""
FAILING = """
    processes.start([sys.executable, '-c', 'print(6 * 7)'], name='child').wait()
    assert False
"""


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (ORPHAN, "left behind: process"),
        (THREAD, "left behind: thread"),
        (DESCRIPTOR, "left behind: file descriptor"),
    ],
    ids=["an orphaned process", "a thread", "a file descriptor"],
)
def test_a_test_that_leaves_something_behind_fails(
    body: str, complaint: str, processes: ProcessRunner, tmp_path: Path
) -> None:
    exit_code, output = run_pytest_on(body, processes, tmp_path)
    assert complaint in output
    assert exit_code == 1


def test_a_test_that_ends_what_it_starts_passes(processes: ProcessRunner, tmp_path: Path) -> None:
    exit_code, output = run_pytest_on(CLEAN, processes, tmp_path)
    assert "1 passed" in output
    assert exit_code == 0


def test_a_failed_test_shows_what_its_processes_said(
    processes: ProcessRunner, tmp_path: Path
) -> None:
    _, output = run_pytest_on(FAILING, processes, tmp_path)
    assert "log of child" in output
    assert "\n42\n" in output


def run_pytest_on(body: str, processes: ProcessRunner, folder: Path) -> tuple[int, str]:
    """Run pytest with our plug-ins on one test of this body, in a process of its own."""
    module = folder / "test_inner.py"
    imports = "import os, subprocess, sys, threading"
    module.write_text(f"{imports}\n\ndef test_inner(processes):\n    {body.strip()}\n")
    plugins = [f"tests.support.{name}" for name in ("failure_logs", "leaks", "processes")]
    options = [word for name in plugins for word in ("-p", name)]
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider"]
    inner = processes.start(
        [*command, "--rootdir", str(folder), *options, str(module)],
        name="inner pytest",
        env={"PYTHONPATH": str(ROOT), "GOFER_TEST_SETTLE_S": "0.5"},
    )
    return inner.wait(40), inner.log()
