"""A child's memory: what large arguments and results took is kept for the next ones.

glibc gives a freed block of a megabyte back to the system, until a process has freed a larger one:
then it keeps as much as that, up to these very bounds. A child takes a large task's arguments,
opens them, and pickles the result; each copy would begin with page faults: 1.0 of 2.3 ms for an
echo of 1 MiB (docs/performance.md). Other C libraries are left as they are.
"""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Numbers of mallopt's parameters (malloc.h)."""

KEPT_BYTES = 64 * 1024 * 1024
"""Most free memory at the end of the heap that a process keeps."""

MAPPED_BYTES = 32 * 1024 * 1024
"""Blocks from this size on are mapped and given back each for itself."""


def keep_freed_memory() -> None:
    """Have this process, and what is forked of it, keep what it frees."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return  # musl, macOS: they have no such bounds
    mallopt(_TRIM_THRESHOLD, KEPT_BYTES)
    mallopt(_MMAP_THRESHOLD, MAPPED_BYTES)
