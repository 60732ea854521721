"""The environment contract with workers of two Pythons.

Where another CPython has gofer's libraries (``GOFER_TEST_OTHER_PYTHON`` names it), the worker runs
on that. Elsewhere it is a worker of this Python that announces another version.
"""

import asyncio
import os
import sys
import time

import pytest

from gofer.adapters.redis.store import RedisStore
from gofer.domain.function import Environment, Function, function_digest
from gofer.domain.identifiers import FunctionId, uuid7
from tests.contracts.executor import dumped
from tests.support.caller import Caller
from tests.support.ports import LOOPBACK
from tests.support.processes import ProcessRunner, StartedProcess
from tests.support.system import System, joined
from tests.support.waiting import wait_until

OURS = Environment("cpython", (3, 11))
OTHER_PYTHON = os.environ.get("GOFER_TEST_OTHER_PYTHON", "")

ANNOUNCES_ANOTHER_VERSION = """
import sys
import gofer.entrypoints.container as container
from gofer.domain.function import Environment
container.Container.environment.override(
    container.providers.Object(Environment("cpython", (3, 99), "0.4.0"))
)
from gofer.entrypoints.cli import main
main()
"""

SOURCE = """
import sys

def where(x):
    return [x, "%d.%d" % sys.version_info[:2]]
"""


def start_other(processes: ProcessRunner, system: System) -> StartedProcess:
    """Start a push worker of another version; return its process."""
    arguments = ["worker", "push", "1", f"tcp://{LOOPBACK}:{system.port}"]
    if OTHER_PYTHON:
        command = [OTHER_PYTHON, "-m", "gofer.entrypoints.cli", *arguments]
    else:
        command = [sys.executable, "-c", ANNOUNCES_ANOTHER_VERSION, *arguments]
    return processes.start(command, name="other", env={"GOFER_STORE": system.store_url})


@pytest.fixture
def caller(system: System, processes: ProcessRunner) -> Caller:
    """A client of a system whose only worker is of another version."""
    dispatcher = system.start_dispatcher("push")
    start_other(processes, system)
    wait_until(lambda: joined(dispatcher), "the worker has joined", 30)
    return system.caller()


def stored(system: System, source: str) -> FunctionId:
    """Register a function whose bytecode would tell a lie."""

    def where(x: int) -> list[object]:
        return [x, "bytecode"]

    payload = dumped(where, recurse=True)
    function = Function(
        FunctionId(uuid7(int(time.time() * 1000), len(source))),
        "where",
        payload,
        function_digest(payload, OURS, source, "where"),
        OURS,
        0,
        source=source,
        entry="where" if source else "",
    )

    async def put() -> None:
        store = RedisStore.from_url(system.store_url)
        await store.put([function])
        await store.close()

    asyncio.run(put())
    return function.id


def test_a_function_with_source_runs_right_on_another_version_and_bytecode_waits(
    caller: Caller, system: System
) -> None:
    task_id = caller.execute(stored(system, SOURCE), 7)
    x, version = caller.ending(task_id).value
    assert x == 7
    assert version != "bytecode"
    if OTHER_PYTHON:
        assert version != "3.11"
    waiting = caller.execute(stored(system, ""), 7)
    log = system.part("dispatcher").log
    wait_until(lambda: "tasks wait for a worker of cpython-3.11" in log(), "it is said", 20)
    assert caller.status(waiting) == "QUEUED"
