"""``gofer top``: queues, workers, rates and running tasks, as they change."""

# ruff: noqa: PLC0415 - see the package

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import queues, workers
from .asking import path, service
from .options import AsJson, Url
from .showing import ago, part, print_json, print_table, rich_table, text_of
from .tasks import function_name

if TYPE_CHECKING:
    from ..sdk.client import Client

RUNNING = ("ID", "FUNCTION", "WORKER", "TRY", "RUNS", "PROGRESS")
MOST_TASKS = 20


def top(
    interval: Annotated[float, typer.Option("--interval", "-i", min=0.2)] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="Show it once and exit.")] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Watch queues, workers, rates and running tasks; Ctrl-C ends it.

    --json prints what there is once.
    """
    with service(url) as client:
        if as_json:
            print_json(state_of(client))
        elif once or not sys.stdout.isatty():
            _print_once(state_of(client))
        else:
            _watch(client, interval)


def state_of(client: "Client") -> dict[str, Any]:
    """Return queues, workers and the first running tasks."""
    running: dict[str, Any] = {"status": "RUNNING", "limit": MOST_TASKS}
    return {
        "queues": client.request("GET", path("queues"))["items"],
        "workers": client.request("GET", path("workers"))["items"],
        "running": client.request("GET", path("tasks"), query=running)["items"],
    }


def _tables(state: dict[str, Any]) -> list[tuple[str, tuple[str, ...], list[tuple[Any, ...]]]]:
    slots = sum(worker.get("slots") or 0 for worker in state["workers"])
    busy = sum(worker.get("in_hand") or 0 for worker in state["workers"])
    waiting = sum(queue.get("depth") or 0 for queue in state["queues"])
    return [
        (f"queues: {waiting} tasks wait", queues.HEADINGS, list(map(queues.row, state["queues"]))),
        (
            f"workers: {len(state['workers'])} with {slots} slots, {busy} tasks in hand",
            workers.HEADINGS,
            list(map(workers.row, state["workers"])),
        ),
        (f"running, up to {MOST_TASKS}", RUNNING, list(map(_task_row, state["running"]))),
    ]


def _task_row(task: Any) -> tuple[Any, ...]:
    progress = part(task, "progress")
    done = "" if not progress else f"{progress.get('done')}/{progress.get('total') or '?'}"
    return (
        task["id"],
        function_name(task),
        task.get("worker"),
        task.get("attempt"),
        ago(task.get("started_at")),
        f"{done} {progress.get('note') or ''}".strip(),
    )


def _print_once(state: dict[str, Any]) -> None:
    for title, headings, rows in _tables(state):
        typer.echo(title)
        print_table(headings, rows)
        typer.echo()


def _watch(client: "Client", interval_s: float) -> None:
    """Show it until Ctrl-C; a service that is away for a while is said, and waited for."""
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    from ..sdk.errors import Unreachable

    def view() -> Any:
        try:
            state = state_of(client)
        except Unreachable as problem:
            return Text(str(problem), style="red")
        parts: list[Any] = [Text(time.strftime("%H:%M:%S  Ctrl-C ends"), style="dim")]
        for title, headings, rows in _tables(state):
            cells = [[text_of(cell) for cell in row] for row in rows]
            parts += [Text(""), rich_table(headings, cells, title)]
        return Group(*parts)

    try:
        with Live(view(), auto_refresh=False, screen=True) as live:
            while True:
                time.sleep(interval_s)
                live.update(view(), refresh=True)
    except KeyboardInterrupt:
        return
