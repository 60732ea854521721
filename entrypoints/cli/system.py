"""The commands that are a system, or a part of one: up, demo, api, dispatcher, worker, bench.

Secrets are never arguments: a store's URL with a password belongs into GOFER_STORE.
"""

# ruff: noqa: PLC0415 - each command imports what it needs when it runs

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from .options import (
    URL_VARIABLE,
    AsJson,
    Folders,
    Level,
    Mode,
    Port,
    Remote,
    Store,
    Url,
    Wait,
    Workers,
)


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    for command in (up, demo, api, dispatcher, worker, bench):
        app.command()(command)


def up(
    mode: Annotated[Mode, typer.Option("--mode", "-m")] = Mode.LOCAL,
    workers: Workers = None,
    store: Annotated[
        str | None, typer.Option(help="embedded://DIRECTORY (the default), or redis://...")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", "-p", help="Of the web service.")] = None,
    path: Folders = None,
    log_level: Level = None,
    as_json: AsJson = False,
) -> None:
    """Run the whole system on this machine: store, web service, dispatcher and workers."""
    from ..up import default_store, run_up

    settings = _settings(
        mode=mode.value,
        workers=workers,
        store=store or default_store(),
        http_port=port,
        path=_absolute(path),
        log_level=log_level,
    )
    run_up(settings, as_json=as_json)


def demo(
    workers: Annotated[int, typer.Option("--workers", "-w", min=1)] = 2,
    log_level: Level = "warning",
    as_json: AsJson = False,
) -> None:
    """Start everything, run real functions in all three modes, show what came back."""
    from ..demo.run import run_demo

    run_demo(workers, log_level or "warning", as_json=as_json)


def api(
    store: Store = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Port = None,
    wait: Wait = True,
    log_level: Level = None,
    as_json: AsJson = False,
) -> None:
    """Run the web service."""
    from ..rest.server import serve

    settings = _settings(
        store=store,
        http_host=host,
        http_port=port,
        wait_for_store_s=None if wait else 0.0,
        log_level=log_level,
    )
    _announce("api", as_json=as_json)
    serve(settings)


def dispatcher(  # noqa: PLR0913, PLR0917 - one parameter an option
    mode: Annotated[Mode | None, typer.Option("--mode", "-m", help="How tasks are run.")] = None,
    port: Port = None,
    workers: Workers = None,
    timeout: Annotated[
        float | None, typer.Option("--timeout", "-t", min=0.001, help="Of each task, in seconds.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on for workers.")] = None,
    store: Store = None,
    path: Folders = None,
    wait: Wait = True,
    log_level: Level = None,
    as_json: AsJson = False,
) -> None:
    """Run a dispatcher: beside its own worker (local), or for workers that connect to it."""
    from ..parts import run_dispatcher

    settings = _settings(
        mode=None if mode is None else mode.value,
        dispatcher_port=port,
        dispatcher_host=host,
        workers=workers,
        timeout_s=timeout,
        store=store,
        path=_absolute(path),
        wait_for_store_s=None if wait else 0.0,
        log_level=log_level,
    )
    _announce("dispatcher", as_json=as_json)
    run_dispatcher(settings)


def worker(
    mode: Remote,
    workers: Annotated[int, typer.Argument(metavar="N", min=1, help="Tasks at once.")],
    url: Annotated[str, typer.Argument(metavar="URL", help="tcp://HOST:PORT of the dispatcher.")],
    name: Annotated[str | None, typer.Option(help="What to call it; unique by default.")] = None,
    path: Folders = None,
    log_level: Level = None,
    as_json: AsJson = False,
) -> None:
    """Run a worker of N child processes for the dispatcher at URL."""
    from ..parts import run_worker

    settings = _settings(
        mode=mode.value, workers=workers, path=_absolute(path), log_level=log_level
    )
    _announce("worker", as_json=as_json)
    run_worker(settings, url, name)


def bench(
    url: Url = None,
    tasks: Annotated[int, typer.Option("--tasks", "-n", min=1, max=1_000_000)] = 10_000,
    own: Annotated[
        bool, typer.Option("--up", help="Start a system, measure it, end it; nothing is kept.")
    ] = False,
    mode: Annotated[Mode, typer.Option("--mode", "-m", help="With --up.")] = Mode.LOCAL,
    workers: Annotated[
        int | None, typer.Option("--workers", "-w", min=1, help="With --up.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure an installation that runs: round trips, bulk, payloads.

    Beside other work: it shows what is left for you. Its results are kept for a minute, and Ctrl-C
    cancels what has not ended.
    """
    from ..bench.run import own_settings, run_bench, run_own_bench

    if own and url is not None:
        raise typer.BadParameter("--up starts one of its own: leave out --url")
    if own:
        run_own_bench(own_settings(mode.value, workers), tasks, as_json=as_json)
    else:
        settings = _settings()
        address = (
            url
            or os.environ.get(URL_VARIABLE)
            or f"http://{settings.http_host}:{settings.http_port}"
        )
        run_bench(address, tasks, as_json=as_json)


def _settings(**given: Any) -> Any:
    from ..settings import load_settings

    return load_settings(**given)


def _announce(part: str, *, as_json: bool) -> None:
    """Have one line of JSON on stdout say that the part can be used, and where."""
    from ..kin import when_ready

    if as_json:
        when_ready(lambda address: typer.echo(json.dumps({"ready": part, "address": address})))


def _absolute(folders: list[Path] | None) -> tuple[str, ...] | None:
    return None if folders is None else tuple(str(folder.absolute()) for folder in folders)
