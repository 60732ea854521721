"""``gofer task ...``: look at tasks, wait for them, stop them, ask why."""

# ruff: noqa: PLC0415 - see the package

from pathlib import Path
from typing import Annotated, Any

import typer

from .asking import PAGE, ask, listed, path, service
from .options import AsJson, Url
from .outcome import ended, pickle_of, print_outcome, task_ended
from .problems import Problem
from .showing import (
    ago,
    between,
    duration,
    mib,
    part,
    print_fields,
    print_json,
    print_page,
    print_table,
)

app = typer.Typer(no_args_is_help=True, help="Look at tasks, wait for them, stop them, ask why.")

TaskId = Annotated[str, typer.Argument(metavar="ID", help="Of the task.")]
TaskIds = Annotated[list[str], typer.Argument(metavar="ID...", help="Of the tasks.")]
Timeout = Annotated[
    float | None, typer.Option("--timeout", "-t", min=0, help="Give up after so many seconds.")
]


def function_name(task: Any) -> str:
    """Return what a task's function is called, with its version: ``resize@3``."""
    function = part(task, "function")
    name, version = function.get("name") or "", function.get("version")
    return f"{name}@{version}" if version else name or str(function.get("id", ""))


@app.command("ls")
def list_tasks(  # noqa: PLR0913, PLR0917 - one parameter an option
    status: Annotated[str | None, typer.Option(help="QUEUED, RUNNING, COMPLETED ...")] = None,
    function: Annotated[str | None, typer.Option(help="Name, name@version or id.")] = None,
    tag: Annotated[str | None, typer.Option()] = None,
    worker: Annotated[str | None, typer.Option(help="That has or had it.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1)] = 20,
    cursor: Annotated[str | None, typer.Option(help="Where a list before ended.")] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List tasks, newest first."""
    asked = {"status": status and status.upper(), "function": function, "tag": tag}
    page = listed(url, path("tasks"), limit, cursor, worker=worker, **asked)
    if as_json:
        print_json(page)
        return
    rows = [
        (
            task["id"],
            function_name(task),
            task["status"],
            ago(task.get("created_at")),
            duration(between(task.get("started_at"), task.get("finished_at"))),
            task.get("attempt"),
            task.get("tags"),
            task.get("reason") or task.get("worker"),
        )
        for task in page["items"]
    ]
    headings = ("ID", "FUNCTION", "STATUS", "AGE", "RAN", "TRY", "TAGS", "WHERE OR WHY")
    print_page(page, headings, rows)


@app.command()
def show(task_id: TaskId, url: Url = None, as_json: AsJson = False) -> None:
    """Show all that is known of a task."""
    task = ask(url, "GET", path("tasks", task_id))
    if as_json:
        print_json(task)
    else:
        shown = {name: value for name, value in task.items() if name != "links"}
        shown["function"] = function_name(task)
        shown["progress"] = _progress(task.get("progress"))
        shown["backoff"] = _pairs(part(task, "backoff"))
        print_fields(shown)


@app.command()
def wait(
    task_ids: TaskIds, timeout: Timeout = None, url: Url = None, as_json: AsJson = False
) -> None:
    """Wait until tasks have ended; exits with 1 unless all of them completed."""
    with service(url) as client:
        tasks = [task_ended(client, task_id, timeout) for task_id in task_ids]
    if as_json:
        print_json({"items": tasks})
    else:
        print_table(("ID", "STATUS", ""), [(t["id"], t["status"], t.get("reason")) for t in tasks])
    if any(task["status"] != "COMPLETED" for task in tasks):
        raise typer.Exit(1)


@app.command()
def result(
    task_id: TaskId,
    timeout: Timeout = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the value's pickle to this file.")
    ] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Wait for a task and print its value, or why it failed."""
    with service(url) as client:
        answer = ended(client, task_id, timeout)
    if output is not None and answer["status"] == "COMPLETED":
        output.write_bytes(pickle_of(answer))
    else:
        print_outcome(answer, as_json=as_json)


@app.command()
def logs(
    task_id: TaskId,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Until the task ends.")] = False,
    tail: Annotated[int | None, typer.Option(min=0, help="Only so many of the last lines.")] = None,
    attempt: Annotated[int | None, typer.Option(min=1, help="Of this attempt.")] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Print what a task has written to stdout and stderr."""
    where, query = path("tasks", task_id, "logs"), {"tail": tail, "attempt": attempt}
    if as_json and follow:
        raise typer.BadParameter("--json shows the log as it stands: leave out --follow")
    with service(url) as client:
        if follow:
            from .following import follow_log
            from .patience import Reasons

            Reasons(client).say(task_id)
            follow_log(client, task_id, tail=tail, attempt=attempt)
            return
        page = client.request("GET", where, query=query)
    if as_json:
        print_json(page)
    else:
        typer.echo(page["text"], nl=False)


@app.command()
def cancel(task_ids: TaskIds, url: Url = None, as_json: AsJson = False) -> None:
    """Cancel tasks: a queued one never starts, one that runs is stopped.

    Exits with 1 if one had ended before.
    """
    with service(url) as client:
        answers = [client.request("POST", path("tasks", task_id, "cancel")) for task_id in task_ids]
    if as_json:
        print_json({"items": answers})
    else:
        print_table(("ID", "OUTCOME"), [(each["id"], each["outcome"]) for each in answers])
    if any(answer["outcome"] == "too_late" for answer in answers):
        raise typer.Exit(1)


@app.command()
def retry(task_ids: TaskIds, url: Url = None, as_json: AsJson = False) -> None:
    """Queue tasks again that have failed, with all of their budget; only those can be."""
    with service(url) as client:
        tasks = [client.request("POST", path("tasks", task_id, "retry")) for task_id in task_ids]
    if as_json:
        print_json({"items": tasks})
    else:
        print_table(("ID", "STATUS"), [(task["id"], task["status"]) for task in tasks])


@app.command()
def explain(task_id: TaskId, url: Url = None, as_json: AsJson = False) -> None:
    """Say why a task is where it is."""
    answer = ask(url, "GET", path("tasks", task_id, "explain"))
    if as_json:
        print_json(answer)
        return
    typer.echo(f"{answer['status']}: {answer['summary']}")
    for reason in answer["reasons"]:
        typer.echo(f"  {reason['code']}: {reason['text']}")


@app.command()
def attempts(task_id: TaskId, url: Url = None, as_json: AsJson = False) -> None:
    """Show each attempt of a task: where it ran, for how long, and what became of it."""
    page = ask(url, "GET", path("tasks", task_id, "attempts"), limit=PAGE)
    if as_json:
        print_json(page)
        return
    if not page["items"]:
        raise Problem(f"task {task_id} has not been tried yet; gofer task explain {task_id}", 0)
    rows = [
        (
            each["number"],
            each.get("worker"),
            each.get("outcome"),
            ago(each.get("started_at")),
            duration(each.get("queued_s")),
            duration(each.get("run_s")),
            mib(each.get("peak_rss_kb")),
            _words(each.get("error")),
        )
        for each in page["items"]
    ]
    print_table(("TRY", "WORKER", "OUTCOME", "STARTED", "QUEUED", "RAN", "PEAK", "ERROR"), rows)


def _words(error: Any) -> str:
    return ": ".join(filter(None, (error.get("type"), error.get("message")))) if error else ""


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _progress(progress: Any) -> str:
    if not progress:
        return ""
    of = f" of {progress['total']}" if progress.get("total") is not None else ""
    return f"{progress['done']}{of} {progress.get('note') or ''}".rstrip()
