"""The whole system as processes of one machine: store, web service, dispatcher, workers.

What ``gofer up`` and ``gofer demo`` run. A part that dies is started again, after a pause that
grows; nothing is lost by it. Stopping goes against the stream: workers finish and hand back, the
dispatcher writes down, the web service closes, the store last.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Literal

from ..domain.policy import doubling_ms
from .container import embedded_server
from .kin import Part, PartFailed
from .settings import Settings

log = logging.getLogger("gofer.up")

Mode = Literal["local", "push", "pull"]

RESTART_MS = (250, 10_000)
"""First and longest pause before a part that died is started again."""

STEADY_S = 30.0
"""A part that ran this long has recovered: the next pause is the first one again."""

STOP_MARGIN_S = 10.0
"""What a part gets on top of its own time to drain before it is killed."""


class Stack:
    """Starts, watches and stops the parts; for one event loop, used once."""

    def __init__(self, settings: Settings, *, worker_processes: int = 1) -> None:
        """Take the settings that all parts share."""
        self._settings = settings
        self._worker_processes = worker_processes
        self._store = embedded_server(settings)
        self._environment: dict[str, str] = {}
        self._parts: list[Part] = []
        self._watchers: set[asyncio.Task[None]] = set()
        self._api_part: Part | None = None

    async def start_service(self) -> str:
        """Start the store (if it is ours) and the web service; return its URL."""
        url = self._settings.store.reveal()
        if self._store is not None:
            await asyncio.to_thread(self._store.start)
            url = self._store.url
        self._environment = {**_as_variables(self._settings), "GOFER_STORE": url}
        self._api_part = await self._launch("api", ["api"], {})
        return await self._api_part.ready()

    async def start_dispatch(self, mode: Mode, dispatcher_port: int) -> str:
        """Start a dispatcher of ``mode`` and its workers; return its address once all can work."""
        slots = str(self._settings.workers)
        extra = {"GOFER_DISPATCHER_PORT": str(dispatcher_port)}
        arguments = ["dispatcher", "--mode", mode, "--workers", slots]
        dispatcher = await self._launch("dispatcher", arguments, extra)
        address = await dispatcher.ready()
        if mode != "local":
            await self._start_workers(mode, address)
        return address

    async def _start_workers(self, mode: Mode, address: str) -> None:
        slots = str(self._settings.workers)
        workers = [
            await self._launch(f"worker {number + 1}", ["worker", mode, slots, address], {})
            for number in range(self._worker_processes)
        ]
        await asyncio.gather(*(worker.ready() for worker in workers))

    async def stop_dispatch(self) -> None:
        """Stop workers, then the dispatcher; the store and the web service go on."""
        parts = [part for part in self._parts if part is not self._api_part]
        workers = [part for part in parts if part.name != "dispatcher"]
        await self._stop(workers)
        await self._stop([part for part in parts if part not in workers])

    async def stop(self) -> None:
        """Stop everything; no process and no temporary file is left. May be repeated."""
        await self.stop_dispatch()
        await self._stop(list(self._parts))
        if self._store is not None:
            await asyncio.to_thread(self._store.stop)

    def kill(self) -> None:
        """Kill every part now: for somebody who cannot wait. ``stop`` must still be awaited."""
        for part in self._parts:
            part.kill()

    # ------------------------------------------------------------ parts

    async def _launch(self, name: str, arguments: list[str], extra: Mapping[str, str]) -> Part:
        part = Part(name, arguments, {**self._environment, **extra})
        self._parts.append(part)
        await part.start()
        watcher = asyncio.create_task(self._watch(part))
        self._watchers.add(watcher)
        watcher.add_done_callback(self._watchers.discard)
        return part

    async def _watch(self, part: Part) -> None:
        """Start a part again whenever it dies, until it is taken off the list."""
        failures = 0
        loop = asyncio.get_running_loop()
        while part in self._parts:
            started = loop.time()
            code = await part.wait()
            if part not in self._parts:
                return
            failures = 0 if loop.time() - started > STEADY_S else failures + 1
            pause = doubling_ms(RESTART_MS, failures, 0.0) / 1000
            log.warning("%s ended with exit code %d: restart in %g s", part.name, code, pause)
            await asyncio.sleep(pause)
            if part in self._parts:
                await part.stop(0)
                await part.start()

    async def _stop(self, parts: list[Part]) -> None:
        grace = self._settings.drain_ms / 1000 + STOP_MARGIN_S
        for part in parts:
            self._parts.remove(part)
        await asyncio.gather(*(part.stop(grace) for part in parts))


def _as_variables(settings: Settings) -> dict[str, str]:
    """Return, as environment variables, the settings that are not left at their defaults."""
    values = settings.model_dump(mode="json", include=settings.model_fields_set)
    return {
        f"GOFER_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
        if value is not None
    }


__all__ = ["Mode", "PartFailed", "Stack"]
