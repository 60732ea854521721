"""A bar that shows how far many tasks are, where somebody looks: on a terminal, nowhere else."""

import sys
from collections.abc import Callable, Generator, Sequence
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
    with counted(len(futures), shows=shows) as ended:
        if ended is not _nobody_looks:
            for future in futures:
                future.add_done_callback(ended)
        yield


@contextmanager
def counted(count: int, *, shows: bool | None = None) -> Generator[Callable[..., None]]:
    """Show a bar inside the block; give what is called each time that one of ``count`` ends."""
    if count < FEWEST or not wanted(shows=shows):
        yield _nobody_looks
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
        task = shown.add_task("tasks", total=count)

        def ended(*_: object) -> None:
            shown.advance(task)

        yield ended


def _nobody_looks(*_: object) -> None:
    """Do nothing."""
