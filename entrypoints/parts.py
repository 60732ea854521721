"""What each process does between its command line and its end: build, announce, run, drain.

One function a part. They return when the part has left cleanly, and raise GoferError, in words
for the operator, when it cannot go on.
"""

import asyncio

import uvloop

from ..domain.errors import InvalidInput
from .container import Container
from .kin import announce, on_leave
from .logs import set_up
from .settings import Settings
from .stores import open_store
from .workers.worker import Worker


def run_dispatcher(settings: Settings) -> None:
    """Run a dispatcher, in local mode with its worker beside it, until it is told to leave."""
    _refuse_private_store(settings)
    set_up(settings.log_level)
    uvloop.run(_dispatch(settings))


def run_worker(settings: Settings, url: str, name: str | None) -> None:
    """Run a push or pull worker of ``settings.workers`` slots until it is told to leave."""
    set_up(settings.log_level)
    uvloop.run(_work(settings, url, name))


async def dispatch(container: Container) -> None:
    """Run the container's dispatcher, and in local mode its worker, until both have left.

    In local mode the worker goes first: its last results are still written down.
    """
    dispatcher = container.dispatcher()
    if container.settings().mode != "local":
        on_leave(dispatcher.drain)
        announce(container.link().endpoint)
        await dispatcher.run()
        return
    async with asyncio.TaskGroup() as group:
        group.create_task(dispatcher.run())
        await work(container.worker(), "local")
        dispatcher.drain()


async def work(worker: Worker, address: str) -> None:
    """Run a worker until it has left; announce ``address`` once it is connected."""

    async def tell() -> None:
        await worker.connected()
        announce(address)

    on_leave(worker.drain)
    async with asyncio.TaskGroup() as group:
        telling = group.create_task(tell())
        await worker.run()
        telling.cancel()


async def _dispatch(settings: Settings) -> None:
    container = Container(settings=settings)
    container.link()  # before anything else: a port in use is said at once
    store = container.store()
    try:
        await open_store(store, container.clock(), container.entropy(), settings.wait_for_store_s)
        await dispatch(container)
    finally:
        await store.close()


async def _work(settings: Settings, url: str, name: str | None) -> None:
    container = Container(settings=settings)
    container.url.override(url)
    container.name.override(name)
    await work(container.worker(), url)


def _refuse_private_store(settings: Settings) -> None:
    if settings.store.kind == "redis":
        return
    raise InvalidInput(
        f"{settings.store} belongs to one process; give the parts a store that they share, "
        "--store redis://HOST:PORT/0, or run everything with: gofer up"
    )
