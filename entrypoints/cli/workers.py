"""``gofer workers ...``: who is there, what they run, and how they leave."""

import time
from typing import Annotated, Any

import typer

from .asking import ask, path, service
from .options import AsJson, Url
from .problems import Problem
from .showing import ago, part, print_fields, print_json, print_table

app = typer.Typer(no_args_is_help=True, help="Look at the workers, have them leave.")

WorkerId = Annotated[str, typer.Argument(metavar="ID", help="Of the worker.")]

HEADINGS = ("ID", "STATE", "MODE", "HOST", "PID", "PYTHON", "SLOTS", "BUSY", "UP", "SEEN")
PAUSE_S = 0.5


def environment_of(item: Any) -> str:
    """Return an environment's interpreter: ``cpython 3.11``."""
    environment = part(item, "environment")
    return f"{environment.get('implementation', '')} {environment.get('python', '')}".strip()


def row(worker: Any) -> tuple[Any, ...]:
    """Return a worker as a row under HEADINGS."""
    return (
        worker["id"],
        worker.get("state"),
        worker.get("mode"),
        worker.get("host"),
        worker.get("pid"),
        environment_of(worker),
        worker.get("slots"),
        worker.get("in_hand"),
        ago(worker.get("connected_at")),
        ago(worker.get("seen_at")),
    )


@app.command("ls")
def list_workers(url: Url = None, as_json: AsJson = False) -> None:
    """List the workers that are connected."""
    page = ask(url, "GET", path("workers"))
    if as_json:
        print_json(page)
        return
    print_table(HEADINGS, map(row, page["items"]))
    if not page["items"]:
        typer.echo("no worker is connected: start one with gofer worker, or gofer up", err=True)


@app.command()
def show(worker_id: WorkerId, url: Url = None, as_json: AsJson = False) -> None:
    """Show all that is known of a worker, and the tasks that it runs."""
    worker = ask(url, "GET", path("workers", worker_id))
    if as_json:
        print_json(worker)
        return
    fields = {name: value for name, value in worker.items() if name not in {"links", "running"}}
    environment = part(worker, "environment")
    fields["environment"] = environment_of(worker)
    fields["dill"] = environment.get("dill")
    fields["modules"] = environment.get("modules")
    fields["running"] = "\n".join(worker.get("running") or [])
    print_fields(fields)


@app.command()
def drain(
    worker_id: WorkerId,
    wait: Annotated[
        bool, typer.Option("--wait", help="Until nothing of it runs any more, or it is gone.")
    ] = False,
    timeout: Annotated[float | None, typer.Option("--timeout", "-t", min=0)] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Have a worker take no more tasks and finish what it runs; then it can be stopped."""
    with service(url) as client:
        worker = client.request("POST", path("workers", worker_id, "drain"))
        deadline = None if timeout is None else time.monotonic() + timeout
        while wait and any(
            each["id"] == worker_id and not _is_idle(each)
            for each in client.request("GET", path("workers"))["items"]
        ):
            if deadline is not None and time.monotonic() >= deadline:
                raise Problem(f"worker {worker_id} still works after {timeout:g} s")
            time.sleep(PAUSE_S)
    if as_json:
        print_json(worker)
    else:
        print_table(HEADINGS, [row(worker)])


@app.command()
def undrain(worker_id: WorkerId, url: Url = None, as_json: AsJson = False) -> None:
    """Take a drain back: the worker takes tasks again."""
    with service(url) as client:
        worker = client.request("POST", path("workers", worker_id, "undrain"))
    if as_json:
        print_json(worker)
    else:
        print_table(HEADINGS, [row(worker)])


def _is_idle(worker: dict[str, Any]) -> bool:
    """Tell whether a worker that was told to drain has nothing left to do, or is lost."""
    state = worker.get("state")
    return state == "lost" or (state == "draining" and not worker.get("in_hand"))
