"""Pipes between supervisor and child."""

import fcntl
import os
from contextlib import suppress
from typing import Final

OUTPUT_PIPE_BYTES: Final = 256 * 1024
"""Room for a short task's output, which nobody reads before it has ended."""

RESULTS_PIPE_BYTES: Final = 1024 * 1024
"""Room for a chunk's results; a large one needs a wake-up for each filling."""


def pipe(size: int, *, writer_blocks: bool) -> tuple[int, int]:
    """Return reader and writer of a pipe; the reader never blocks.

    ``size`` is a wish: the system may not have it, or not allow it to this user.
    """
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, writer_blocks)
    set_size = getattr(fcntl, "F_SETPIPE_SZ", None)
    if set_size is not None:
        with suppress(OSError):
            fcntl.fcntl(writer, set_size, size)
    return reader, writer
