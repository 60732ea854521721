"""``gofer map``: JSON lines in, JSON lines out, a function of yours between them."""

# ruff: noqa: PLC0415 - see the package

import sys
from pathlib import Path
from typing import Annotated

import typer

from .options import AsJson, Url
from .problems import INTERRUPTED, Problem
from .running import Priority, Redeliveries, Retries, Tags, Target, TaskTimeout

STDIN = Path("-")


def map_lines(  # noqa: PLR0913, PLR0917 - one parameter an option
    target: Target,
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="[LINES]", help="A file or pipe of JSON lines; else, or for -, stdin."
        ),
    ] = None,
    spread: Annotated[
        bool,
        typer.Option("--spread", help="A line's array is its arguments, an object the named ones."),
    ] = False,
    timeout: TaskTimeout = None,
    retries: Retries = None,
    redeliveries: Redeliveries = None,
    priority: Priority = None,
    tag: Tags = None,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Call a function once for each JSON line; print the values as JSON lines, in order.

    A task that fails is a line {"error": ...}, and gofer exits with 1. With --json each line is
    the task's position, id, status and value or error. Ctrl-C cancels what has not ended.
    """
    from .lines import Mapping, lines_of
    from .parcels import parcel_of
    from .progress import bar

    parcel = parcel_of(target)
    options = {
        "timeout_s": timeout,
        "retries": retries,
        "redeliveries": redeliveries,
        "priority": priority,
        "tags": tag,
    }
    if source == STDIN:
        source = None
    if source is not None and (source.is_dir() or not source.exists()):
        raise Problem(f"there is no file {source}")
    if source is None and sys.stdin.isatty():
        typer.echo("reading JSON lines from the terminal, until Ctrl-D", err=True)
    with lines_of(source) as lines, bar() as progress:
        mapping = Mapping(url, parcel, options, spread=spread, as_json=as_json)
        try:
            failed, all_lines = mapping.run(lines, progress)
        except KeyboardInterrupt:
            stopped = mapping.cancel()
            typer.echo(f"\ngofer: cancelled; {stopped} tasks had not ended", err=True)
            raise typer.Exit(INTERRUPTED) from None
    if failed:
        raise Problem(f"{failed} of {all_lines} tasks did not complete; their lines say why")
