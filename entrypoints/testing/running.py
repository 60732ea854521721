"""A gofer on a thread of the test's process, listening on loopback: for any HTTP client."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Generator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from ...adapters.memory.clock import ManualClock
from ...adapters.memory.executor import Run
from ...domain.task import Outcome, Task
from ..rest.server import Server, configured, listening, url_of
from .system import System, started

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RunningSystem:
    """A gofer on a thread of its own. ``url`` is where it listens, for any HTTP client."""

    url: str
    system: System
    loop: asyncio.AbstractEventLoop

    @property
    def clock(self) -> ManualClock:
        """Return the store's clock."""
        return self.system.clock

    def ask(self, question: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the system's event loop and return its result."""
        return asyncio.run_coroutine_threadsafe(question, self.loop).result()

    def outcome(self, task_id: str, timeout_s: float = 10.0) -> tuple[Task, Outcome]:
        """Do as ``System.outcome``, from the test's thread."""
        return self.ask(self.system.outcome(task_id, timeout_s))

    def begun(self, task_id: str, timeout_s: float = 10.0) -> Task:
        """Do as ``System.begun``, from the test's thread."""
        return self.ask(self.system.begun(task_id, timeout_s))

    def finish(self, task_id: str, outcome: Outcome, timeout_s: float = 10.0) -> None:
        """Do as ``System.finish``, from the test's thread."""
        self.ask(self.system.finish(task_id, outcome, timeout_s))

    @contextmanager
    def store_away(self, reason: str = "a test said so") -> Generator[None]:
        """Have the web service answer 503 inside the block."""
        with self.system.store.away(reason):
            yield


@contextmanager
def running(
    *, run: Run | None = None, slots: int = 2, pace: float = 0.0, **settings: Any
) -> Generator[RunningSystem]:
    """Give a gofer that listens on a free port of loopback; nothing is left after the block.

    Takes what ``started`` takes.
    """
    ready: Future[tuple[RunningSystem, asyncio.Event]] = Future()

    async def serve() -> None:
        leave = asyncio.Event()
        kit = started(run=run, slots=slots, pace=pace, **settings)
        async with kit as system, _served(system) as url:
            loop = asyncio.get_running_loop()
            ready.set_result((RunningSystem(url, system, loop), leave))
            await leave.wait()

    with ThreadPoolExecutor(1, "gofer-testing") as pool:
        ended = pool.submit(lambda: asyncio.run(serve()))
        either: set[Future[Any]] = {ready, ended}
        wait(either, return_when=FIRST_COMPLETED)
        if not ready.done():
            ended.result()
        system, leave = ready.result()
        try:
            yield system
        finally:
            system.loop.call_soon_threadsafe(leave.set)
            ended.result()


@asynccontextmanager
async def _served(system: System) -> AsyncGenerator[str]:
    """Serve the application as production does, on a free port of loopback; give its URL."""
    with listening("127.0.0.1", 0) as listener:
        config = configured(system.container.settings(), system.app)
        server = Server(config, lambda: None, system.container.service().leave)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield url_of(listener)
        finally:
            server.leave()
            await serving
