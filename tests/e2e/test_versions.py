"""Neighbouring releases side by side: a later dispatcher with our worker, and the reverse.

The later release is ours with a higher protocol version, which adds fields to every message and to
every attempt.
"""

import sys

import pytest

from tests.support.ports import LOOPBACK
from tests.support.processes import ProcessRunner, StartedProcess
from tests.support.system import REMOTE_MODES, System

LATER_RELEASE = """
import gofer.domain.protocol.messages as messages
messages.PROTOCOL_VERSION += 1
import gofer.adapters.zmq.rows as rows
from gofer.domain.identifiers import Attempt
def extended(value):
    if isinstance(value, Attempt):
        return (*value, "added", None)
    return tuple(map(extended, value)) if isinstance(value, (tuple, list)) else value
for name in ("hello", "report", "orders", "bye", "welcome", "unknown", "_session"):
    def longer(value, write=getattr(rows, name)):
        return (*extended(write(value)), "added", {"later": [1, None]})
    setattr(rows, name, longer)
from gofer.entrypoints.cli import main
main()
"""


def start_later(processes: ProcessRunner, system: System, *command: str) -> StartedProcess:
    command = (sys.executable, "-c", LATER_RELEASE, *command)
    return processes.start(
        command, name=f"later {command[3]}", env={"GOFER_STORE": system.store_url}
    )


@pytest.mark.parametrize("later", ["dispatcher", "worker", "both"])
@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_neighbouring_releases_work_together(
    system: System, processes: ProcessRunner, mode: str, later: str
) -> None:
    port, url = str(system.port), f"tcp://{LOOPBACK}:{system.port}"
    if later in {"dispatcher", "both"}:
        dispatcher = start_later(processes, system, "dispatcher", "-m", mode, "-p", port)
    else:
        dispatcher = system.start_dispatcher(mode)
    if later in {"worker", "both"}:
        start_later(processes, system, "worker", mode, "2", url)
    else:
        system.start_worker(mode)
    caller = system.caller()
    tasks = [caller.submit(len, "four") for _ in range(20)]
    assert [ending.value for ending in caller.endings(tasks)] == [4] * 20
    assert "dropped a message" not in dispatcher.log()


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_a_dispatcher_is_upgraded_and_taken_back_under_its_worker(
    system: System, processes: ProcessRunner, mode: str
) -> None:
    port = str(system.port)
    worker = system.start_worker(mode)
    first = system.start_dispatcher(mode)
    caller = system.caller()
    assert caller.ending(caller.submit(len, "one")).value == 3
    first.stop()
    second = start_later(processes, system, "dispatcher", "-m", mode, "-p", port)
    assert caller.ending(caller.submit(len, "four")).value == 4
    second.stop()
    system.start_dispatcher(mode)
    assert caller.ending(caller.submit(len, "three")).value == 5
    assert worker.log().count("connected as") == 3
    assert "dropped a message" not in worker.log()
