"""A bar that shows how far many tasks are, where somebody looks: on a terminal, nowhere else."""

import sys
from collections.abc import Generator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

# ruff: noqa: PLC0415 - rich takes 60 ms to import, and only a terminal needs it

FEWEST = 2
"""One task needs no bar."""


def wanted(*, shows: bool | None) -> bool:
    """Tell whether to show a bar: as the caller says, else where there is a terminal."""
    if shows is None:
        return sys.stderr is not None and sys.stderr.isatty()
    return shows


@contextmanager
def bar(futures: Sequence[Future[Any]], *, shows: bool | None = None) -> Generator[None]:
    """Show a bar that goes on with each future that ends, inside the block."""
    if len(futures) < FEWEST or not wanted(shows=shows):
        yield
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("tasks"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("tasks", total=len(futures))

        def ended(_: Future[Any]) -> None:
            shown.advance(task)

        for future in futures:
            future.add_done_callback(ended)
        yield
