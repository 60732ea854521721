"""``gofer queue ...``: what waits, by priority; hold it back, let it go, throw it away."""

import sys
from typing import Annotated, Any

import typer

from .asking import ask, path
from .options import AsJson, Url
from .problems import USAGE, Problem
from .showing import duration, part, print_json, print_table

app = typer.Typer(no_args_is_help=True, help="Look at the queues, hold them back, empty them.")

Priority = Annotated[int, typer.Argument(metavar="PRIORITY", help="Which queue: 0, 1 ...")]

HEADINGS = ("PRIORITY", "STATE", "WAITING", "OLDEST", "IN /s", "OUT /s")


def row(queue: Any) -> tuple[Any, ...]:
    """Return a queue as a row under HEADINGS."""
    rates = part(queue, "rates")
    return (
        queue["priority"],
        "paused" if queue.get("paused") else "open",
        queue.get("depth"),
        duration(queue.get("oldest_age_s")),
        _rate(rates.get("submitted_per_s")),
        _rate(rates.get("claimed_per_s")),
    )


@app.command("ls")
def list_queues(url: Url = None, as_json: AsJson = False) -> None:
    """Show what waits and runs in each queue."""
    page = ask(url, "GET", path("queues"))
    if as_json:
        print_json(page)
    else:
        print_table(HEADINGS, map(row, page["items"]))
        typer.echo(f"{page['delayed']} wait for their time, {page['running']} run")


@app.command()
def pause(priority: Priority, url: Url = None, as_json: AsJson = False) -> None:
    """Start none of a queue's tasks until it is resumed; what runs goes on."""
    _act(url, priority, "pause", as_json=as_json)


@app.command()
def resume(priority: Priority, url: Url = None, as_json: AsJson = False) -> None:
    """Start the tasks of a queue again."""
    _act(url, priority, "resume", as_json=as_json)


@app.command()
def purge(
    priority: Priority,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Cancel all tasks that wait in a queue."""
    if not yes:
        if not sys.stdin.isatty():
            raise Problem("purge cancels every task that waits there: say --yes", USAGE)
        typer.confirm(f"Cancel every task that waits in queue {priority}?", abort=True, err=True)
    answer = ask(url, "POST", path("queues", str(priority), "purge"))
    if as_json:
        print_json(answer)
    else:
        typer.echo(f"{answer['cancelled']} tasks of queue {priority} are cancelled")


def _act(url: str | None, priority: int, verb: str, *, as_json: bool) -> None:
    queue = ask(url, "POST", path("queues", str(priority), verb))
    if as_json:
        print_json(queue)
    else:
        print_table(HEADINGS, [row(queue)])


def _rate(value: float | None) -> str:
    return "" if value is None else f"{value:,.1f}"
