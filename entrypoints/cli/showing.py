"""How answers are shown: tables and values for people, JSON for programs.

Where output goes to a terminal, tables fit its width and statuses have colours (none with
NO_COLOR). Into a pipe go plain columns that are never cut, without a colour or a frame.
"""

# ruff: noqa: PLC0415 - rich is imported where there is a terminal

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import typer

COLOURS: Final = {
    "COMPLETED": "green",
    "FAILED": "red",
    "EXPIRED": "red",
    "CANCELLED": "yellow",
    "RUNNING": "cyan",
    "paused": "yellow",
    "draining": "yellow",
    "lost": "red",
    "ready": "green",
    "ok": "green",
    "warn": "yellow",
    "fail": "bold red",
    "error": "red",
    "warning": "yellow",
}
"""Of cells that say how something stands."""

WHOLE: Final = frozenset({"ID", "STATE", "STATUS"})
"""Columns that are never cut: what one copies, and what one looks for."""

LEAST_CHARS: Final = 8
"""What is left of every other column, if it has as much, before a line is longer than its
terminal."""

Row = Sequence[Any]


def print_json(content: Any) -> None:
    """Print an answer as it is: indented for a person at a terminal, else one line."""
    indent = 2 if sys.stdout.isatty() else None
    typer.echo(json.dumps(content, indent=indent, ensure_ascii=False, default=str))


def print_page(page: Mapping[str, Any], headings: Sequence[str], rows: Iterable[Row]) -> None:
    """Print a page of a list, and on stderr how to see what follows."""
    print_table(headings, rows)
    if page.get("next_cursor"):
        typer.echo(f"more: --cursor {page['next_cursor']}", err=True)


def print_table(headings: Sequence[str], rows: Iterable[Row]) -> None:
    """Print rows under their headings; None is shown as nothing."""
    cells = [[text_of(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        from rich.console import Console

        Console().print(rich_table(headings, cells))
        return
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    for row in [headings, *cells]:
        typer.echo("  ".join(map(str.ljust, row, widths)).rstrip())


def rich_table(
    headings: Sequence[str], cells: Sequence[Sequence[str]], title: str | None = None
) -> Any:
    """Return a table of rich without a frame, that cuts what is too long for the terminal."""
    from rich.table import Table
    from rich.text import Text

    bold = "" if os.environ.get("NO_COLOR") else "bold"
    table = Table(box=None, pad_edge=False, title=title, title_justify="left", header_style=bold)
    for number, heading in enumerate(headings):
        whole = max([len(heading), *(len(row[number]) for row in cells)])
        least = whole if heading in WHOLE else min(whole, LEAST_CHARS)
        table.add_column(heading, overflow="ellipsis", no_wrap=True, min_width=least)
    for row in cells:
        table.add_row(*(Text(cell, style=COLOURS.get(cell, "")) for cell in row))
    return table


def styled(word: str) -> str:
    """Return a word in the colour of what it says, where output goes to a terminal."""
    colour = COLOURS.get(word.strip())
    if colour is None or not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return word
    return typer.style(word, fg=colour.rpartition(" ")[2])


def print_fields(fields: Mapping[str, Any]) -> None:
    """Print name and value of each, one a line; what is not known is left out."""
    known = {name: text_of(value) for name, value in fields.items() if value not in (None, "", [])}
    width = max(map(len, known), default=0)
    for name, value in known.items():
        lines = value.splitlines() or [""]
        typer.echo(f"{name:{width}}  " + f"\n{' ' * width}  ".join(lines))


def part(item: Any, name: str) -> dict[str, Any]:
    """Return an object within an answer; an empty one where it is null or not there."""
    return item.get(name) or {}


def text_of(value: Any) -> str:
    """Return a cell's text: lists by commas, yes and no, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list | tuple):
        return ", ".join(text_of(each) for each in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return str(value)


def spoken(value: Any) -> str:
    """Return a function's value as ``run`` prints it: text as it is, JSON where it can be."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):  # not plain data: as Python would show it
        return repr(value)


# ---------------------------------------------------------------- times

TENS_S: Final = 10
"""From here on the second digit says nothing."""

MILLISECOND_S: Final = 0.001
UNITS: Final = ((86_400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s"))
"""Seconds of a unit, its name, seconds of the smaller one behind it, and that one's name."""


def moment(text: str | None) -> datetime | None:
    """Return an RFC 3339 time of an answer."""
    return None if text is None else datetime.fromisoformat(text)


def between(start: str | None, end: str | None = None) -> float | None:
    """Return the seconds from one time to another, or to now; None if there is no start."""
    began = moment(start)
    if began is None:
        return None
    return ((moment(end) or datetime.now(UTC)) - began).total_seconds()


def duration(seconds: float | None) -> str:
    """Return seconds as a person reads them: 0.42s, 5.1s, 3m20s, 2h05m, 3d04h."""
    if seconds is None:
        return ""
    if seconds < TENS_S:
        return f"{seconds:.2g}s" if seconds >= MILLISECOND_S else "0s"
    for size, name, part, rest in UNITS:
        if seconds >= size:
            whole, left = divmod(int(seconds), size)
            return f"{whole}{name}{left // part:02}{rest}"
    return f"{seconds:.0f}s"


def ago(text: str | None) -> str:
    """Return how long ago a time of an answer was."""
    return duration(between(text))


def mib(kib: int | None) -> str:
    """Return KiB as MiB."""
    return "" if not kib else f"{kib / 1024:.0f} MiB"
