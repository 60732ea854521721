"""``gofer up``: the whole system on this machine, kept running until somebody ends it."""

import asyncio
import json
import signal
from functools import partial
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


def run_up(settings: Settings, *, as_json: bool = False) -> None:
    """Run until Ctrl-C or SIGTERM, then drain; a second one does not wait.

    Says on stdout where it can be reached once it can: in words, or as one line of JSON.
    """
    set_up(settings.log_level)
    forbid_unpickling()
    if settings.store.kind == "memory":
        asyncio.run(run_solo(settings, partial(_greet, settings, as_json=as_json)))
    else:
        asyncio.run(_up(settings, as_json=as_json))


async def _up(settings: Settings, *, as_json: bool) -> None:
    leave = asyncio.Event()
    stack = Stack(settings)
    loop = asyncio.get_running_loop()

    def ask() -> None:
        if leave.is_set():
            stack.kill()
        leave.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
    running = asyncio.create_task(_run(stack, settings, as_json=as_json))
    leaving = asyncio.create_task(leave.wait())
    try:
        await asyncio.wait({running, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        leaving_words = "gofer: leaving; what runs is finished first (Ctrl-C again: at once)"
        typer.echo(leaving_words, err=as_json)
    finally:
        running.cancel()
        leaving.cancel()
        await asyncio.gather(running, leaving, return_exceptions=True)
        await stack.stop()


async def _run(stack: Stack, settings: Settings, *, as_json: bool) -> NoReturn:
    """Start everything, and run until something ends it: cancellation, or an error."""
    await stack.start_store()
    async with asyncio.TaskGroup() as group:
        group.create_task(stack.store_lost())
        await _start_parts(stack, settings, as_json=as_json)
    raise AssertionError("the store is watched until an exception ends it")


async def _start_parts(stack: Stack, settings: Settings, *, as_json: bool) -> None:
    async with asyncio.TaskGroup() as group:
        service = group.create_task(stack.start_service())
        dispatch = group.create_task(stack.start_dispatch(settings.mode, settings.dispatcher_port))
    _greet(settings, service.result(), dispatch.result(), as_json=as_json)


def _greet(settings: Settings, url: str, workers_at: str = "", *, as_json: bool) -> None:
    """Say where the system is; ``workers_at`` is where further workers may connect."""
    remote = settings.mode != "local"
    if as_json:
        address = {"workers_at": workers_at} if remote else {}
        line = {"url": url, "mode": settings.mode, "store": str(settings.store), **address}
        typer.echo(json.dumps(line))
        return
    kept = "" if settings.store.kind != "memory" else "; all in one process, nothing is kept"
    typer.echo(f"gofer is up: {url}  (mode {settings.mode}, store {settings.store}{kept})")
    if remote:
        typer.echo(f"more workers: gofer worker {settings.mode} N {workers_at}")
