"""What each process does between its command line and its end: build, announce, run, drain.

One function a part. They return when the part has left cleanly, and raise GoferError, in words
for the operator, when it cannot go on.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import uvloop

from ..domain.errors import InvalidInput
from .allocator import keep_freed_memory, seek_cycles_less_often
from .container import Container
from .exposure import warn_if_open
from .kin import Leaving, announce
from .logs import set_up
from .loops.worker import Worker
from .settings import Settings
from .stores import open_store
from .unpickling import forbid_unpickling

log = logging.getLogger("gofer")

PATIENCE_S = 3.0
"""How long a worker looks for its dispatcher before it says so: a typing error shows here."""


def run_dispatcher(settings: Settings) -> None:
    """Run a dispatcher, in local mode with its worker beside it, until it is told to leave."""
    _refuse_private_store(settings)
    set_up(settings.log_level)
    forbid_unpickling()
    keep_freed_memory()
    seek_cycles_less_often()
    uvloop.run(_dispatch(settings))


def run_worker(settings: Settings, url: str, name: str | None) -> None:
    """Run a push or pull worker of ``settings.workers`` slots until it is told to leave."""
    set_up(settings.log_level)
    forbid_unpickling()
    keep_freed_memory()
    seek_cycles_less_often()
    uvloop.run(_work(settings, url, name))


async def dispatch(container: Container, leaving: Leaving) -> None:
    """Run the container's dispatcher, and in local mode its worker, until both have left.

    In local mode the worker goes first: its last results are still written down.
    """
    dispatcher = container.dispatcher()
    if container.settings().mode != "local":
        leaving.instead(dispatcher.drain)
        endpoint = container.link().endpoint
        log.info("%s workers may connect to %s", container.settings().mode, endpoint)
        announce(endpoint)
        await dispatcher.run()
        return
    async with asyncio.TaskGroup() as group:
        group.create_task(dispatcher.run())
        await work(container.worker(), "local", leaving)
        dispatcher.drain()


async def work(worker: Worker, address: str, leaving: Leaving) -> None:
    """Run a worker until it has left; announce ``address`` once it is connected."""

    async def tell() -> None:
        try:
            await asyncio.wait_for(worker.connected(), PATIENCE_S)
        except TimeoutError:
            log.warning("no dispatcher answers at %s; looking for it until one does", address)
            await worker.connected()
        announce(address)

    leaving.instead(worker.drain)
    async with asyncio.TaskGroup() as group:
        telling = group.create_task(tell())
        await worker.run()
        telling.cancel()


async def _dispatch(settings: Settings) -> None:
    container = Container(settings=settings)
    container.link()  # before anything else: a port in use is said at once
    if settings.mode != "local":
        warn_if_open("the dispatcher", settings.dispatcher_host)
    store = container.store()
    clock, entropy, patience_s = container.clock(), container.entropy(), settings.wait_for_store_s
    opening = asyncio.create_task(open_store(store, clock, entropy, patience_s, settings.store))
    leaving = Leaving(opening.cancel)  # at once, although the store may stay away for ever
    try:
        await asyncio.wait([opening])
        if not leaving.asked:
            opening.result()
            await dispatch(container, leaving)
            _tell_counts(container.telemetry().counters)
    finally:
        await store.close()


async def _work(settings: Settings, url: str, name: str | None) -> None:
    container = Container(settings=settings)
    given: Any = container  # its providers are typed in part only
    given.url.override(url)
    given.name.override(name)
    worker = container.worker()
    await work(worker, url, Leaving(worker.drain))


def _tell_counts(counters: Mapping[str, int]) -> None:
    """Say what was counted: messages that were no messages, peers that were not listened to."""
    if counters:
        log.info("counted: %s", ", ".join(f"{name} {n}" for name, n in sorted(counters.items())))


def _refuse_private_store(settings: Settings) -> None:
    if settings.store.kind == "redis":
        return
    raise InvalidInput(
        f"{settings.store} belongs to one process; give the parts a store that they share, "
        "--store redis://HOST:PORT/0, or run everything with: gofer up"
    )
