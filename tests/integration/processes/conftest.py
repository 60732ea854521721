"""A supervisor of two real child processes, started and closed around each test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from gofer.adapters.processes.limits import ProcessLimits
from gofer.adapters.processes.supervisor import Supervisor
from tests.contracts.executor import Bench

StartBench = Callable[..., Awaitable[Bench]]


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
