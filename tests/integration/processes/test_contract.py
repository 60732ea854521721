"""The supervisor of real processes, against the executor's contract, on both event loops."""

import asyncio

import uvloop

from gofer.adapters.processes.supervisor import Supervisor
from tests.contracts.executor import Bench, ExecutorContract, double

# libuv opens a pipe of its own once in a process, and keeps it: here, before a test is watched
uvloop.new_event_loop().close()


class TestSupervisor(ExecutorContract):
    """The contract over real child processes."""


def test_it_works_on_uvloop() -> None:
    async def use() -> object:
        supervisor = Supervisor(2, worker="tester")
        try:
            await supervisor.start()
            return await Bench(supervisor).value(double, 21)
        finally:
            await supervisor.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(use()) == 42
