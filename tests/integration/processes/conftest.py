"""Supervisors of real child processes: in the test's process, and in one that can be killed."""

import asyncio
import base64
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import uvloop

from gofer.adapters.processes import launching
from gofer.adapters.processes.limits import ProcessLimits
from gofer.adapters.processes.supervisor import Supervisor
from tests.contracts.executor import Bench, pickled
from tests.support.processes import ProcessRunner, StartedProcess

StartBench = Callable[..., Awaitable[Bench]]
StartHost = Callable[[Callable[..., Any]], StartedProcess]

BOTH_LOOPS = {"test_deaths.py", "test_contract.py"}
UVLOOP_ALONE = {"test_nasty_tasks.py", "test_leftovers.py"}
"""What a worker runs on. The others run on asyncio's loop, as the testing kit does."""

HOST = """
import asyncio, base64, sys
from gofer.adapters.processes.supervisor import Supervisor
from gofer.domain.identifiers import Attempt
from gofer.domain.ports import Began, Ended
from gofer.domain.protocol.messages import Assignment, FunctionBody

ARGUMENTS = b"\\x80\\x04)}\\x86."

async def main():
    supervisor = Supervisor(2, worker="host")
    await supervisor.start()
    supervisor.learn([FunctionBody("function", base64.b64decode(sys.argv[1]))])
    attempts = [Attempt(str(n), 1, "token") for n in range(2)]
    supervisor.execute([Assignment(one, "function", ARGUMENTS) for one in attempts])
    expected = set(attempts)
    while expected:
        for event in await supervisor.events():
            expected.discard(event.attempt)
            print(event)
    print("all are under way", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())  # not guarded by __name__: children must not run this file
"""


def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    loops: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {}
    if item.path.name not in UVLOOP_ALONE:
        loops["asyncio"] = asyncio.new_event_loop
    if item.path.name in UVLOOP_ALONE | BOTH_LOOPS:
        loops["uvloop"] = uvloop.new_event_loop
    return loops


@pytest.fixture(autouse=True, scope="package")
def libuv_has_its_pipe() -> None:
    """Have libuv make the one pipe that it keeps for the process: no test leaks it."""
    uvloop.new_event_loop().close()


@pytest.fixture(autouse=True, scope="package")
def the_forkserver_is_started_once() -> Iterator[None]:
    """Be one more user of it, so that not every test's supervisor is the last one."""
    launching.retain()
    yield
    launching.release()


@pytest.fixture
async def start_bench() -> AsyncIterator[StartBench]:
    """Start supervisors with other settings; they are closed after the test."""
    async with AsyncExitStack() as stack:

        async def start(
            slots: int = 2, *, path: tuple[str, ...] = (), grace_s: float = 0.5, **limits: int
        ) -> Bench:
            supervisor = Supervisor(
                slots,
                worker="tester",
                limits=ProcessLimits(**limits),
                path=path,
                grace_s=grace_s,
            )
            stack.push_async_callback(supervisor.close)
            await supervisor.start()
            return Bench(supervisor)

        yield start


@pytest.fixture
async def bench(start_bench: StartBench) -> Bench:
    return await start_bench()


@pytest.fixture
async def single(start_bench: StartBench) -> Bench:
    """A supervisor of one child: what a task leaves behind would meet the next one."""
    return await start_bench(1)


@pytest.fixture
def start_host(processes: ProcessRunner, tmp_path: Path) -> StartHost:
    """Start a process whose supervisor runs a function twice at once; it can be killed."""

    def start(function: Callable[..., Any]) -> StartedProcess:
        script = tmp_path / "host.py"
        script.write_text(HOST)
        payload = base64.b64encode(pickled(function).payload).decode()
        files = tmp_path / "files"
        files.mkdir()
        command = [sys.executable, str(script), payload]
        host = processes.start(command, name="host", env={"TMPDIR": str(files)})
        host.wait_for_log("all are under way")
        return host

    return start
