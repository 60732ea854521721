"""The shared word in which a child says what it runs, and since when.

One word of memory, shared between a child and its supervisor: the child writes it before and
after each task, the supervisor reads it whenever it must know (a deadline, a death), which costs
neither a system call nor a wake-up.

Everything is in ONE aligned word of 8 bytes, so that there is no order between two words to argue
about: a reader sees an old value or a new one, never half of each (an aligned 8-byte store is
atomic on x86-64 and AArch64, and memoryview stores it with one). An old value is harmless: who
may begin is decided by the gate (``gate.py``), never by this word.

    bit 63      a task is running
    bits 40-62  the low 23 bits of its number
    bits 0-39   when it began: CLOCK_MONOTONIC in ticks of 0.1 ms, modulo 2**40 (3.5 years)
"""

import mmap
import os
import tempfile
import time

from .progress import BOARD_BYTES

_RUNNING = 1 << 63
_NUMBER_BITS = (1 << 23) - 1
_TICK_NS = 100_000
_TICKS = 1 << 40
_BOARD = 64
"""Where the board begins: on a cache line of its own."""


def pack(number: int, now_ns: int) -> int:
    """Return the word for the task ``number`` that begins at ``now_ns``."""
    return _RUNNING | (number & _NUMBER_BITS) << 40 | now_ns // _TICK_NS % _TICKS


def runs(word: int, number: int) -> bool:
    """Return whether ``word`` says that the task ``number`` is running."""
    return bool(word & _RUNNING) and (word >> 40) & _NUMBER_BITS == number & _NUMBER_BITS


def elapsed_ms(word: int, now_ns: int) -> float:
    """Return for how long the task in ``word`` has been running, in milliseconds, never below 0."""
    ticks = (now_ns // _TICK_NS - word) % _TICKS
    return 0.0 if ticks > _TICKS // 2 else ticks * _TICK_NS / 1e6


def shared_memory() -> int:
    """Return a descriptor of fresh anonymous shared memory, large enough for a Marker."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("gofer-marker")
    else:
        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    os.ftruncate(fd, mmap.PAGESIZE)
    return fd


class Marker:
    """One side's view of the word; either side may hold it, only the child writes."""

    def __init__(self, fd: int) -> None:
        """Map the memory behind ``fd``, which may be closed afterwards."""
        self._memory = mmap.mmap(fd, mmap.PAGESIZE)
        self._words = memoryview(self._memory).cast("Q")
        self.board = memoryview(self._memory)[_BOARD : _BOARD + BOARD_BYTES]
        """Memory beside the word, for ``progress.py``."""

    def begin(self, number: int) -> None:
        """Say that the task ``number`` begins now."""
        self._words[0] = pack(number, time.monotonic_ns())

    def end(self) -> None:
        """Say that nothing is running."""
        self._words[0] = 0

    def read(self) -> int:
        """Return the word as it stands; 0 where nothing is running."""
        return self._words[0]

    def close(self) -> None:
        """Unmap the memory."""
        self.board.release()
        self._words.release()
        self._memory.close()
