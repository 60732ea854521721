"""Standard output and error of the user's code: a pipe, of which a bounded tail is kept.

The redirection is of descriptors 1 and 2, so that C code and child processes are caught as well.
A short task's output fits into the pipe, and the child itself takes it out when the task ends.
While a task lasts, the supervisor empties the pipe (``Tail``), so that a flood neither blocks the
writer for ever nor fills any memory or disk. What the child reads at the end comes behind all that
the supervisor has read: so never both read at a time (``Turn``).
"""

import fcntl
import io
import os
import select
import sys
from contextlib import suppress
from io import TextIOWrapper

from ...domain.output import TAIL_BYTES

_READS = 64


class Turn:
    """Whose turn it is to read: a lock on a file that both processes have open.

    The kernel takes it from whoever dies. Where the user's code has closed the file nobody waits.
    """

    def __init__(self, file: int) -> None:
        """Lock the file of this descriptor, which stays open."""
        self._file = file

    def begin(self, *, waits: bool) -> bool:
        """Return whether it is our turn, until ``end``."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
        except (BlockingIOError, PermissionError):  # either says that the other has it
            return False
        except OSError:
            pass  # closed by the user's code: rather read without turns than not at all
        return True

    def end(self) -> None:
        """Let the other read."""
        with suppress(OSError):
            fcntl.lockf(self._file, fcntl.LOCK_UN)


class Tail:
    """The last TAIL_BYTES of what comes out of a pipe."""

    def __init__(self, reader: int, turn: Turn) -> None:
        """Read from the descriptor ``reader``, which must not block, in turn with another."""
        self._reader = reader
        self._turn = turn
        self._kept = b""
        self._end = self.told = 0

    def drain(self, *, waits: bool = False) -> bool:
        """Read what is there; return False once nobody can write any more.

        Where the other reads just now, it is his, unless one ``waits``. The number of reads is
        bounded: somebody may write faster than this reads.
        """
        if not self._turn.begin(waits=waits):
            return True
        try:
            return self._read()
        finally:
            self._turn.end()

    def _read(self) -> bool:
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

    def __init__(self, reader: int, writer: int, turn: Turn) -> None:
        """Point descriptors 1 and 2 at ``writer``, and 0 at nothing."""
        self._tail = Tail(reader, turn)
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
        self._tail.drain(waits=True)
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
