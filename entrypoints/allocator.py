"""Memory for large bodies: kept when it is freed, and not given back to the system each time.

glibc gives a freed block of a megabyte back at once, so that each copy of a large payload begins
with page faults: they were half the cost of a 1 MiB message (1.85 ms of CPU, 0.95 without).
Both bounds below are those that glibc itself may come to while a process runs; other C libraries
are left as they are. Not for children: the memory of the user's code is the user's.

And Python looks for cycles of garbage after every 700 new objects, which is less than a batch of
tasks makes: each was looked at several times on its way, a tenth of all CPU
(docs/performance.md). What is on its way is no garbage; so the looks are made less often here.
"""

import ctypes
import gc

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Numbers of mallopt's parameters (malloc.h)."""

KEPT_BYTES = 64 * 1024 * 1024
"""Most free memory at the end of the heap that a process keeps."""

MAPPED_BYTES = 32 * 1024 * 1024
"""Blocks from this size on are mapped and given back each for itself: the highest legal figure."""

YOUNG_OBJECTS = 4_000
"""So many more objects are made than freed before cycles are looked for among them: a few hundred
tasks on their way are fewer. It bounds what garbage in cycles may hold meanwhile."""


def seek_cycles_less_often() -> None:
    """Have this process look for cycles of garbage when there may be some, and not at each batch.

    How often old objects are looked at, counted in looks at young ones, stays as it is.
    """
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])


def keep_freed_memory() -> bool:
    """Have this process keep what it frees; return whether its C library can be told so."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False  # musl, macOS: they have no such bounds
    return bool(mallopt(_TRIM_THRESHOLD, KEPT_BYTES) and mallopt(_MMAP_THRESHOLD, MAPPED_BYTES))
