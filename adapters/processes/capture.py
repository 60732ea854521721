"""Standard output and error of the user's code: a pipe, of which a bounded tail is kept.

The redirection is of descriptors 1 and 2, so that C code and child processes are caught as well.
A short task's output fits into the pipe, and the child itself takes it out when the task ends.
While a task lasts, the supervisor empties the pipe (``Tail``), so that a flood neither blocks the
writer for ever nor fills any memory or disk.
"""

import io
import os
import select
import sys
from io import TextIOWrapper

from ...domain.output import TAIL_BYTES

_READS = 64


class Tail:
    """The last TAIL_BYTES of what comes out of a pipe."""

    def __init__(self, reader: int) -> None:
        """Read from the descriptor ``reader``, which must not block."""
        self._reader = reader
        self._kept = b""
        self._end = self.told = 0

    def drain(self) -> bool:
        """Read what is there; return False once nobody can write any more.

        The number of reads is bounded: somebody may write faster than this reads.
        """
        for _ in range(_READS):
            try:
                piece = os.read(self._reader, TAIL_BYTES)
            except BlockingIOError:
                return True
            if not piece:
                return False
            self._end += len(piece)
            self._kept = (self._kept + piece)[-TAIL_BYTES:]
        return True

    def fresh(self) -> tuple[int, bytes]:
        """Return what has come since the last call, and its offset; ``told`` is that of its end.

        Of more than is kept only the end is left.
        """
        start = max(self.told, self._end - len(self._kept))
        self.told = self._end
        return start, self._kept[len(self._kept) - (self._end - start) :]

    def take(self) -> bytes:
        """Return what was kept, keep it no longer, and count from 0 again."""
        kept, self._kept = self._kept, b""
        self._end = self.told = 0
        return kept


class Capture:
    """The child's side: its standard streams."""

    def __init__(self, reader: int, writer: int) -> None:
        """Point descriptors 1 and 2 at ``writer``, and 0 at nothing."""
        self._tail = Tail(reader)
        self._arrivals = select.poll()
        self._arrivals.register(reader, select.POLLIN)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(writer, 1)
        os.dup2(writer, 2)
        os.close(writer)
        self._identity = self._pipe()
        sys.stdin = sys.__stdin__ = _text(0, "r")  # type: ignore[misc]
        self._out = sys.stdout = sys.__stdout__ = _text(1, "w")  # type: ignore[misc]
        self._err = sys.stderr = sys.__stderr__ = _text(2, "w")  # type: ignore[misc]

    def intact(self) -> bool:
        """Return whether Python's two streams are still ours; costs nothing."""
        return (
            sys.stdout is self._out
            and sys.stderr is self._err
            and not (self._out.closed or self._err.closed)
        )

    def connected(self) -> bool:
        """Return whether 0 still leads to nothing, and 1 and 2 to the pipe."""
        return self._pipe() == self._identity

    def take(self) -> str:
        """Return the tail of what was written since the last call."""
        for stream in (self._out, self._err):
            try:  # noqa: SIM105 - ``suppress`` costs more than all the rest
                stream.flush()
            except (OSError, ValueError):
                pass  # the user's code closed it: ``intact`` tells
        if not self._arrivals.poll(0):
            return ""
        self._tail.drain()
        return self._tail.take().decode("utf-8", "replace")

    @staticmethod
    def _pipe() -> tuple[object, ...]:
        """Return what tells the files apart that 0, 1 and 2 lead to; nothing if one is closed."""
        look, where = os.fstat, slice(1, 3)  # inode and device; a comprehension is slower
        try:
            return look(0)[where], look(1)[where], look(2)[where]
        except OSError:
            return ()


def _text(fd: int, mode: str) -> TextIOWrapper:
    """Return a text stream over ``fd``: line buffered, so that a crash loses little."""
    raw = io.FileIO(fd, mode, closefd=False)
    buffer = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
    return TextIOWrapper(buffer, "utf-8", "backslashreplace", line_buffering=True)
