"""What is asked of the kernel about a family of processes is what psutil says of it."""

import os
import sys

import psutil

from tests.support.family import descendants
from tests.support.processes import ProcessRunner
from tests.support.waiting import wait_until

PARENT = """
import subprocess, sys, threading
program = [sys.executable, "-c", "import sys; sys.stdin.read()"]
def start(): subprocess.Popen(program, stdin=subprocess.PIPE)
start()
thread = threading.Thread(target=start)  # a child is its thread's
thread.start()
threading.Event().wait()
"""


def test_children_of_children_and_of_threads_are_found(processes: ProcessRunner) -> None:
    parent = processes.start((sys.executable, "-c", PARENT), name="parent")
    wait_until(lambda: len(descendants(parent.pid)) == 2, "its children run")
    assert set(descendants(parent.pid)) == set(psutil.Process(parent.pid).children(recursive=True))
    assert psutil.Process(parent.pid) in descendants(os.getpid())


def test_a_process_that_has_ended_has_none(processes: ProcessRunner) -> None:
    parent = processes.start((sys.executable, "-c", ""), name="parent")
    parent.wait()
    assert descendants(parent.pid) == []
    assert parent.descendants() == []
