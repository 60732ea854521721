"""A progress bar on stderr, where that is a terminal; nothing where it is not."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

Progress = Callable[[int, int], None]
"""Told how many have ended, and of how many that are known so far."""


@contextmanager
def bar() -> Generator[Progress]:
    """Give what to tell about progress inside the block."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console  # noqa: PLC0415 - only where there is a terminal
    from rich.progress import BarColumn, MofNCompleteColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as shown:
        row = shown.add_task("", total=None)
        yield lambda done, total: shown.update(row, completed=done, total=total)
