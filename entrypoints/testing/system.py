"""A whole gofer in this process: web service, dispatcher and worker over a store in memory.

For users who test code of theirs that talks to gofer: no server to install, no child process, no
waiting for time. Everything is what production runs, put together by the same container, but for
three parts that are swapped: the store (memory), its clock (turned by hand) and the executor
(threads, or what the test says). docs/testing-kit.md shows how to use it. It must never serve
anybody but the test: it listens on loopback only, and checks nothing of what it is sent to run.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from ...adapters.memory.clock import ManualClock, PassingClock
from ...adapters.memory.executor import InlineExecutor, Run
from ...domain.identifiers import parse_task_id
from ...domain.service import Service
from ...domain.task import Outcome, Task
from ..container import Container
from ..rest.app import app_of
from ..settings import Settings
from .bench import Bench
from .outcomes import held
from .store import SwitchableStore
from .threads import ThreadExecutor

HOUR_MS = 3_600_000

UNHURRIED: dict[str, Any] = {
    "beat_ms": 60_000,
    "silence_ms": HOUR_MS,
    "lease_ms": 4 * HOUR_MS,
    "renew_ms": HOUR_MS,
    "poll_ms": 20,
    "http_shutdown_s": 1,
}
"""Nobody is given up because a debugger held the process, turning the clock shows at once, and a
connection that a test forgot does not hold up the end.
"""


class HermeticSettings(Settings):
    """Settings from arguments alone: what the shell of a developer holds must not reach a test."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the framework's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not a source here
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - nor is this
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - nor is this
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read no variable and no file."""
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class System:
    """A gofer on one event loop. ``app`` is the web service as an ASGI application.

    ``clock`` is the store's: retention, delays and leases follow it. It stands still until it is
    advanced, unless ``started`` was given a pace. ``container`` has every other part.
    """

    app: FastAPI
    service: Service
    store: SwitchableStore
    clock: ManualClock
    executor: InlineExecutor
    bench: Bench
    container: Container

    async def outcome(self, task_id: str, timeout_s: float = 10.0) -> tuple[Task, Outcome]:
        """Wait for a task's end; return it with its outcome. Raises NotFound, TimeoutError."""
        task, outcome = await self.service.wait(parse_task_id(task_id), timeout_s)
        if outcome is None:
            raise TimeoutError(f"task {task_id} is {task.status} after {timeout_s:g} s")
        return task, outcome

    async def task(self, task_id: str) -> Task:
        """Return a task as it stands; raise NotFound."""
        return await self.service.status(parse_task_id(task_id))

    async def begun(self, task_id: str, timeout_s: float = 10.0) -> Task:
        """Wait until a task has begun and is held; return it. Raises NotFound, TimeoutError."""
        task = await self.task(task_id)
        async with asyncio.timeout(timeout_s):
            await self.bench.begun(task.id)
        return await self.task(task_id)

    async def finish(self, task_id: str, outcome: Outcome, timeout_s: float = 10.0) -> None:
        """End a task that is held, once it has begun.

        Raises NotFound; TimeoutError if it does not begin, or is not held; LookupError if it was
        cancelled.
        """
        task = await self.begun(task_id, timeout_s)
        attempt = await self.bench.begun(task.id)
        if task.status.is_terminal:
            raise LookupError(f"task {task_id} runs no more: it is {task.status}")
        self.bench.let_go(task.id)
        self.executor.finish(attempt, outcome)


@asynccontextmanager
async def started(
    *, run: Run | None = None, slots: int = 2, pace: float = 0.0, **settings: Any
) -> AsyncGenerator[System]:
    """Give a gofer on this event loop, without sockets; nothing of it is left after the block.

    ``run`` says how tasks end, where the functions shall not really run; ``pace`` is how many
    seconds pass on the store's clock in a real one; ``settings`` are those of ``Settings``, such
    as ``queue_limit_tasks=1``. Raises ValueError for settings or a pace that are wrong.
    """
    fixed: dict[str, Any] = {"store": "memory://", "mode": "local"}
    given = HermeticSettings(**{**UNHURRIED, **settings, **fixed})
    clock = PassingClock(pace)
    store = SwitchableStore(
        clock,
        retention_ms=round(given.retention_s * 1000),
        queued_limit=given.queue_limit_tasks,
    )
    bench = Bench(run or held)
    executor = (
        ThreadExecutor(slots, given.result_limit_bytes)
        if run is None
        else InlineExecutor(bench, slots)
    )
    container = Container(settings=given, store=store, executor=executor)
    tasks = [
        asyncio.create_task(container.dispatcher().run()),
        asyncio.create_task(container.worker().run()),
    ]
    try:
        yield System(
            app_of(container), container.service(), store, clock, executor, bench, container
        )
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        await store.close()
        for end in ends:
            if isinstance(end, Exception):
                raise end  # a part had died: that explains whatever the test saw
