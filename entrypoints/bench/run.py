"""``gofer bench``: an installation that runs, or one of its own; a table, or JSON."""

import asyncio
import signal
from dataclasses import asdict
from typing import Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from ..logs import set_up
from ..settings import Settings, load_settings
from ..stack import Stack
from .measuring import Figures, measure

KIB = 1024


def run_bench(url: str, tasks: int, *, as_json: bool) -> None:
    """Measure the installation behind ``url``."""
    _show(measure(url, tasks, _say), as_json=as_json)


def run_own_bench(settings: Settings, tasks: int, *, as_json: bool) -> None:
    """Start a system of its own that nothing is kept of, measure it, end it; 130 on Ctrl-C."""
    set_up("warning")
    figures = asyncio.run(_until_signal(settings, tasks))
    if figures is None:
        raise SystemExit(130)
    _show(figures, as_json=as_json)


def own_settings(mode: str, workers: int | None) -> Settings:
    """Return the settings of a system of its own: the bundled store, ports that are free."""
    return load_settings(
        mode=mode,
        workers=workers,
        store="embedded://",
        http_port=0,
        dispatcher_port=0,
        log_level="warning",
    )


async def _until_signal(settings: Settings, tasks: int) -> Figures | None:
    """Return the figures, or None if a signal came before; leave no process either way."""
    stack = Stack(settings)
    running = asyncio.create_task(_started(stack, settings, tasks))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    try:
        return await running
    except asyncio.CancelledError:
        stack.kill()  # nobody wants what still runs
        return None
    finally:
        await stack.stop()


async def _started(stack: Stack, settings: Settings, tasks: int) -> Figures:
    _say("starting store, web service, dispatcher and workers")
    await stack.start_store()
    url = await stack.start_service()
    await stack.start_dispatch(settings.mode, 0)
    return await asyncio.to_thread(measure, url, tasks, _say)


def _say(text: str) -> None:
    typer.echo(f"{text} ...", err=True)


def _show(figures: Figures, *, as_json: bool) -> None:
    if as_json:
        content: dict[str, Any] = asdict(figures)
        typer.echo(msgspec.json.format(msgspec.json.encode(content), indent=2).decode())
    else:
        Console().print(_table(figures))


def _table(figures: Figures) -> Table:
    table = Table(title=figures.url, title_justify="left")
    table.add_column("what")
    table.add_column("tasks", justify="right")
    table.add_column("figure", justify="right")
    table.add_column("least to most", justify="right")
    single, bulk = figures.round_trips, figures.bulk
    span = f"{single.least_ms:.2f} to {single.most_ms:.2f}"
    table.add_row("one at a time, median", f"{single.count:,}", f"{single.median_ms:.2f} ms", span)
    table.add_row("one at a time, p99", f"{single.count:,}", f"{single.p99_ms:.2f} ms", "")
    count = f"{bulk.rounds} x {bulk.count:,}"
    span = f"{bulk.least_submits_per_s:,.0f} to {bulk.most_submits_per_s:,.0f}"
    table.add_row("in bulk, submitted", count, f"{bulk.submits_per_s:,.0f} /s", span)
    span = f"{bulk.least_tasks_per_s:,.0f} to {bulk.most_tasks_per_s:,.0f}"
    table.add_row("in bulk, results here", count, f"{bulk.tasks_per_s:,.0f} /s", span)
    for echo in figures.echoes:
        name = f"echo of {echo.size_bytes // KIB:,} KiB"
        rate = f"{echo.echoes_per_s:,.0f} /s, {echo.mib_per_s:.1f} MiB/s"
        span = f"{echo.least_echoes_per_s:,.0f} to {echo.most_echoes_per_s:,.0f}"
        table.add_row(name, f"{echo.rounds} x {echo.count:,}", rate, span)
    return table
