"""One full run at a time in a checkout: two would measure, and install over, each other."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


class Taken(Exception):
    """Another run is under way; the message says whose."""


@contextmanager
def alone(file: Path) -> Generator[None]:
    """Hold ``file`` until the block ends, or this process does; raise Taken if another does."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.seek(0)
            raise Taken(
                f"another run is under way in this checkout (process {held.read().strip()}):"
                " wait for its end, or end it; two at once would measure each other"
            ) from None
        held.truncate(0)
        held.write(f"{os.getpid()}\n")
        held.flush()
        yield
