"""The whole system as processes of one machine: store, web service, dispatcher, workers.

What ``gofer up`` and ``gofer demo`` run. A part that dies is started again, on the same port and
after a pause that grows; nothing is lost by it. So is the store, at the same address and over the
same data: the others find it again by themselves. Stopping goes against the stream: workers finish
and hand back, the dispatcher writes down, the web service closes, the store last. Any step may be
cancelled (Ctrl-C comes when it likes): ``stop`` then still finds everything that was started.
"""

import asyncio
import json
import logging
from typing import Literal, NoReturn
from urllib.parse import urlsplit

from ..domain.errors import StoreUnavailable
from ..domain.policy import doubling_ms
from .container import embedded_server
from .kin import Part, PartFailed
from .settings import Settings
from .stores import OwnServer

log = logging.getLogger("gofer.up")

Mode = Literal["local", "push", "pull"]

RESTART_MS = (250, 10_000)
"""First and longest pause before a part that died is started again."""

STEADY_S = 30.0
"""A part that ran this long has recovered: the next pause is the first one again."""

STORE_DEATHS = 6
"""Deaths of the store in a row, none of them steady before, after which we give up: some 8 s."""

STOP_MARGIN_S = 10.0
"""What a part gets on top of its own time to drain before it is killed."""


class Stack:
    """Starts, watches and stops the parts; for one event loop, used once."""

    def __init__(self, settings: Settings, *, worker_processes: int = 1) -> None:
        """Take the settings that all parts share."""
        self._settings = settings
        self._worker_processes = worker_processes
        self._store = embedded_server(settings)
        self._opening: asyncio.Future[None] | None = None
        self._store_watcher: asyncio.Task[NoReturn] | None = None
        self._environment: dict[str, str] = {}
        self._parts: list[Part] = []
        self._watchers: dict[Part, asyncio.Task[None]] = {}
        self._api_part: Part | None = None

    async def start_store(self) -> None:
        """Start the store, if it is ours; must come before the parts, which are told its address.

        Raises StoreUnavailable.
        """
        url = self._settings.store.reveal()
        if self._store is not None:
            await self._open(self._store)
            self._store_watcher = asyncio.create_task(self._watch_store(self._store))
            url = self._store.url
        self._environment = {**_as_variables(self._settings), "GOFER_STORE": url}

    async def store_lost(self) -> NoReturn:
        """Wait until the store cannot be brought back, and raise StoreUnavailable, which says why.

        Waits for ever where the store is not ours.
        """
        if self._store_watcher is None:
            await asyncio.Event().wait()
        else:
            await asyncio.shield(self._store_watcher)
        raise AssertionError("neither ends without an exception")

    async def start_service(self) -> str:
        """Start the web service; return its URL."""
        self._api_part = part = Part("api", ["api"], dict(self._environment))
        url = await self._launch(part)
        part.environment["GOFER_HTTP_PORT"] = str(urlsplit(url).port)
        return url

    async def start_dispatch(self, mode: Mode, dispatcher_port: int) -> str:
        """Start a dispatcher of ``mode`` and its workers; return its address once all can work."""
        slots = str(self._settings.workers)
        extra = {"GOFER_DISPATCHER_PORT": str(dispatcher_port)}
        arguments = ["dispatcher", "--mode", mode, "--workers", slots]
        dispatcher = Part("dispatcher", arguments, self._environment | extra)
        address = await self._launch(dispatcher)
        if mode != "local":
            dispatcher.environment["GOFER_DISPATCHER_PORT"] = str(urlsplit(address).port)
            await self._start_workers(["worker", mode, slots, address])
        return address

    async def _start_workers(self, command: list[str]) -> None:
        numbers = range(1, self._worker_processes + 1)
        workers = [Part(f"worker {n}", command, dict(self._environment)) for n in numbers]
        await asyncio.gather(*(self._launch(worker) for worker in workers))

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
            if self._store_watcher is not None:
                self._store_watcher.cancel()
            last = [task for task in (self._store_watcher, self._opening) if task is not None]
            await asyncio.gather(*last, return_exceptions=True)  # what failed was said already
            await asyncio.to_thread(self._store.stop)

    def kill(self) -> None:
        """Kill every part now: for somebody who cannot wait. ``stop`` must still be awaited."""
        for watcher in self._watchers.values():
            watcher.cancel()
        for part in self._parts:
            part.kill()

    # ------------------------------------------------------------ the store

    async def _open(self, store: OwnServer) -> None:
        self._opening = asyncio.ensure_future(asyncio.to_thread(store.start))
        await asyncio.shield(self._opening)  # a thread cannot be cancelled: ``stop`` waits

    async def _watch_store(self, store: OwnServer) -> NoReturn:
        """Start the store again whenever it dies; raise StoreUnavailable if it cannot stay."""
        deaths = 0
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            problem = await asyncio.to_thread(store.wait)
            deaths = 0 if loop.time() - started > STEADY_S else deaths
            deaths = await self._revive(store, problem, deaths + 1)

    async def _revive(self, store: OwnServer, problem: str, deaths: int) -> int:
        """Start the store again, after pauses that grow; return how often it has died by then."""
        while deaths < STORE_DEATHS:
            pause = doubling_ms(RESTART_MS, deaths - 1, 0.0) / 1000
            log.warning("the store %s; restart in %g s", problem, pause)
            await asyncio.sleep(pause)
            try:
                await self._open(store)
            except StoreUnavailable as error:
                problem = f"did not start: {error.reason}"
                deaths += 1
            else:
                log.info("the store is there again")
                return deaths
        log.error("the store %s; it died %d times in a row, giving up", problem, deaths)
        raise StoreUnavailable(f"the bundled server died {deaths} times in a row; it {problem}")

    # ------------------------------------------------------------ parts

    async def _launch(self, part: Part) -> str:
        """Start a part, wait until it is ready and watch it from then on; return its address."""
        self._parts.append(part)
        await part.start()
        address = await part.ready()
        self._watchers[part] = asyncio.create_task(self._watch(part))
        return address

    async def _watch(self, part: Part) -> None:
        """Start a part again whenever it dies, until this task is cancelled."""
        failures = 0
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            code = await part.wait()
            failures = 0 if loop.time() - started > STEADY_S else failures + 1
            pause = doubling_ms(RESTART_MS, failures, 0.0) / 1000
            log.warning("%s ended with exit code %d: restart in %g s", part.name, code, pause)
            await asyncio.sleep(pause)
            await part.stop(0)
            try:
                await part.start()
            except OSError as error:  # no process or descriptor to be had now: maybe next time
                log.warning("%s cannot be started: %s", part.name, error)

    async def _stop(self, parts: list[Part]) -> None:
        """Stop parts and forget them; if this is cancelled, they are still known."""
        watchers = [self._watchers.pop(part) for part in parts if part in self._watchers]
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
        grace = self._settings.drain_ms / 1000 + STOP_MARGIN_S
        await asyncio.gather(*(part.stop(grace) for part in parts))
        self._parts = [part for part in self._parts if part not in parts]


def _as_variables(settings: Settings) -> dict[str, str]:
    """Return, as environment variables, the settings that are not left at their defaults."""
    values = settings.model_dump(mode="json", include=settings.model_fields_set)
    return {
        f"GOFER_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
        if value is not None
    }


__all__ = ["Mode", "PartFailed", "Stack"]
