"""``gofer up``: the whole system on this machine, kept running until somebody ends it."""

import asyncio
import signal
from typing import NoReturn

import typer

from .kin import state_directory
from .logs import set_up
from .settings import Settings
from .solo import run_solo
from .stack import Stack
from .unpickling import forbid_unpickling


def default_store() -> str:
    """Return the store of a system that names none: the bundled server, with its data kept."""
    return f"embedded://{state_directory() / 'data'}"


def run_up(settings: Settings) -> None:
    """Run until Ctrl-C or SIGTERM, then drain; a second one does not wait."""
    set_up(settings.log_level)
    forbid_unpickling()
    if settings.store.kind == "memory":
        asyncio.run(run_solo(settings, typer.echo))
    else:
        asyncio.run(_up(settings))


async def _up(settings: Settings) -> None:
    leave = asyncio.Event()
    stack = Stack(settings)
    loop = asyncio.get_running_loop()

    def ask() -> None:
        if leave.is_set():
            stack.kill()
        leave.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
    running = asyncio.create_task(_run(stack, settings))
    leaving = asyncio.create_task(leave.wait())
    try:
        await asyncio.wait({running, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        typer.echo("gofer: leaving; what runs is finished first (Ctrl-C again: at once)")
    finally:
        running.cancel()
        leaving.cancel()
        await asyncio.gather(running, leaving, return_exceptions=True)
        await stack.stop()


async def _run(stack: Stack, settings: Settings) -> NoReturn:
    """Start everything, and run until something ends it: cancellation, or an error."""
    await stack.start_store()
    async with asyncio.TaskGroup() as group:
        group.create_task(stack.store_lost())
        await _start_parts(stack, settings)
    raise AssertionError("the store is watched until an exception ends it")


async def _start_parts(stack: Stack, settings: Settings) -> None:
    async with asyncio.TaskGroup() as group:
        service = group.create_task(stack.start_service())
        dispatch = group.create_task(stack.start_dispatch(settings.mode, settings.dispatcher_port))
    url, address = service.result(), dispatch.result()
    typer.echo(f"gofer is up: {url}  (mode {settings.mode}, store {settings.store})")
    if settings.mode != "local":
        typer.echo(f"more workers: gofer worker {settings.mode} N {address}")
