"""``gofer fn ...``: register functions, look at them, call them by name."""

# ruff: noqa: PLC0415 - see the package

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from .asking import PAGE, WAIT_S, ask, listed, path, service
from .options import AsJson, Url, given
from .outcome import ended, print_outcome
from .problems import Problem
from .running import (
    Command,
    Delay,
    Keywords,
    Priority,
    Redeliveries,
    Retries,
    Tags,
    Target,
    TaskTimeout,
)
from .showing import ago, part, print_fields, print_json, print_page, print_table, text_of

app = typer.Typer(no_args_is_help=True, help="Register functions, look at them, call them by name.")

Ref = Annotated[str, typer.Argument(metavar="REF", help="Id, name, or name@version.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1)]
Cursor = Annotated[str | None, typer.Option(help="Where a list before ended.")]
Name = Annotated[str | None, typer.Option(help="What to call it; the function's own name.")]

HEADINGS = ("ID", "NAME", "VERSION", "PYTHON", "SOURCE", "BYTECODE", "AGE")


@app.command("ls")
def list_functions(
    name: Annotated[str | None, typer.Option(help="Only those of this name.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """List functions, each by its newest version."""
    _show_page(listed(url, path("functions"), limit, cursor, name=name), as_json=as_json)


@app.command()
def show(ref: Ref, url: Url = None, as_json: AsJson = False) -> None:
    """Show all that is known of a function."""
    function = ask(url, "GET", path("functions", ref))
    if as_json:
        print_json(function)
    else:
        _print_function(function)


@app.command()
def versions(
    ref: Ref, limit: Limit = 50, cursor: Cursor = None, url: Url = None, as_json: AsJson = False
) -> None:
    """List the versions of a function."""
    page = listed(url, path("functions", ref, "versions"), limit, cursor)
    _show_page(page, as_json=as_json)


@app.command()
def register(  # noqa: PLR0913, PLR0917 - one parameter an option
    target: Target,
    name: Name = None,
    timeout: TaskTimeout = None,
    retries: Retries = None,
    redeliveries: Redeliveries = None,
    priority: Priority = None,
    result_ttl: Annotated[
        float | None,
        typer.Option(min=0.001, help="Seconds that results are kept after their tasks' end."),
    ] = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Register a function under its name: a new version, unless it is what is there already.

    Options are the defaults of its tasks.
    """
    from .parcels import wish_of

    defaults: dict[str, Any] = {
        "timeout_s": timeout,
        "retries": retries,
        "redeliveries": redeliveries,
        "priority": priority,
        "result_ttl_s": result_ttl,
    }
    function = ask(url, "POST", path("functions"), wish_of(target, name, given(defaults)))
    if as_json:
        print_json(function)
    else:
        _print_function(function)


@app.command()
def preflight(target: Target, name: Name = None, url: Url = None, as_json: AsJson = False) -> None:
    """Check a function without registering it; exits with 1 if it could not run."""
    from .parcels import checked_wish_of

    report = ask(url, "POST", path("functions", "preflight"), checked_wish_of(target, name))
    if as_json:
        print_json(report)
    else:
        _print_report(target, report)
    if not report["ok"]:
        raise typer.Exit(1)


@app.command("rm")
def remove(
    refs: Annotated[list[str], typer.Argument(metavar="REF...")],
    every: Annotated[bool, typer.Option("--all", help="All versions of these names.")] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Delete functions: new tasks of them are refused, those that are there still end.

    Of a name, its newest version; the one before is then the newest.
    """
    deleted: list[str] = []
    with service(url) as client:
        for ref in refs:
            where, asked = path("functions", ref, "versions"), {"limit": PAGE}
            page = client.request("GET", where, query=asked) if every else None
            for each in [item["id"] for item in page["items"]] if page else [ref]:
                client.request("DELETE", path("functions", each))
                deleted.append(each)
    if as_json:
        print_json({"deleted": deleted})
    else:
        typer.echo(f"deleted: {', '.join(deleted)}")


@app.command(cls=Command)
def call(  # noqa: PLR0913, PLR0917 - one parameter an option
    ref: Ref,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="ARGS...", help="JSON where it parses as JSON, else text."),
    ] = None,
    keyword: Keywords = None,
    timeout: TaskTimeout = None,
    retries: Retries = None,
    redeliveries: Redeliveries = None,
    priority: Priority = None,
    delay: Delay = None,
    tag: Tags = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Do not wait.")] = False,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Call a registered function with plain JSON arguments, and print its value."""
    from .targets import arguments_of

    args, kwargs = arguments_of(words or (), keyword or ())
    options: dict[str, Any] = {
        "timeout_s": timeout,
        "retries": retries,
        "redeliveries": redeliveries,
        "priority": priority,
        "delay_s": delay,
        "tags": tag,
    }
    body = {"args": args, "kwargs": kwargs} | given(options)
    query = {"wait": 0 if detach else WAIT_S}
    with service(url) as client:
        answer = client.request("POST", path("functions", ref, "call"), body, query)
        if detach:
            print_json({"id": answer["id"]}) if as_json else typer.echo(answer["id"])
            return
        if "value" not in answer and "error" not in answer:
            answer = ended(client, answer["id"])
    print_outcome(answer, as_json=as_json)


def _show_page(page: Any, *, as_json: bool) -> None:
    if as_json:
        print_json(page)
    else:
        print_page(page, HEADINGS, map(_row, page["items"]))


def _row(function: Any) -> Sequence[Any]:
    environment = part(function, "environment")
    return (
        function["id"],
        function["name"],
        function.get("version"),
        environment.get("python"),
        function.get("has_source"),
        function.get("has_bytecode"),
        ago(function.get("created_at")),
    )


def _print_function(function: Any) -> None:
    fields = {name: value for name, value in function.items() if name != "links"}
    environment = part(function, "environment")
    fields["environment"] = "\n".join(
        f"{name}: {text_of(value)}" for name, value in environment.items() if value
    )
    defaults = part(function, "defaults")
    fields["defaults"] = ", ".join(f"{k} {v}" for k, v in given(defaults).items())
    if found := fields.pop("findings", None):
        fields["warnings"] = "\n".join(each["text"] for each in found)
    print_fields(fields)


def _print_report(target: str, report: Any) -> None:
    if report["findings"]:
        rows = [
            (each["level"], each["code"], each.get("name"), each.get("line"), each["text"])
            for each in report["findings"]
        ]
        print_table(("LEVEL", "CODE", "NAME", "LINE", "WHAT"), rows)
    else:
        typer.echo(f"{target} can run: nothing was found")
    if not report["ok"]:
        raise Problem(f"{target} cannot run as it is; mend what is above")
