"""``gofer.progress``: a task says how far it has come, in memory that its supervisor looks at.

The user's function calls ``progress`` in the child, or in a process that it has forked. It writes
one record into the page that child and supervisor share (``marker.py`` has its first word): no
system call, no wake-up, and nothing to be spoilt on a pipe if it is interrupted halfway. The
supervisor looks now and then and takes the latest, which is all the throttle that is needed. A
checksum tells a whole record from one that is just being written.

Outside a worker it does nothing. It must import nothing that costs time: clients import it too.
"""

import struct
from collections.abc import Callable
from math import isfinite, isnan, nan
from zlib import crc32

from ...domain.output import NOTE_BYTES, Progress

BOARD_BYTES = 1024
"""How much of the page is for this."""

_HEAD = struct.Struct("<IH")
_BODY = struct.Struct("<Qdd")
_Board = tuple[memoryview, Callable[[], int]]
_board: _Board | None = None


def attach(board: memoryview, word: Callable[[], int]) -> None:
    """Have ``progress`` write to ``board``; ``word`` is the marker's, which names the task."""
    global _board  # noqa: PLW0603 - one process, one task at a time: this is the child's
    _board = board, word


def progress(done: float, total: float | None = None, note: str = "") -> None:
    """Say how far this task has come: ``done`` of ``total``, where that is known, and a note.

    May be called as often as one likes. Raises ValueError for what is no finite number.
    """
    parts = float(done), nan if total is None else float(total)
    if not isfinite(parts[0]) or not (total is None or isfinite(parts[1])):
        raise ValueError(f"progress is told in finite numbers, not {done} of {total}")
    if _board is None:
        return
    board, word = _board
    text = str(note).encode("utf-8", "replace")[:NOTE_BYTES]
    body = _BODY.pack(word(), *parts) + text
    board[: _HEAD.size + len(body)] = _HEAD.pack(crc32(body), len(body)) + body


def read(board: memoryview) -> tuple[int, Progress] | None:
    """Return what was told last, with the marker's word then; None if nothing whole is there."""
    checksum, length = _HEAD.unpack_from(board)
    if not _BODY.size <= length <= BOARD_BYTES - _HEAD.size:
        return None
    body = bytes(board[_HEAD.size : _HEAD.size + length])
    if crc32(body) != checksum:
        return None
    word, done, total = _BODY.unpack_from(body)
    note = body[_BODY.size :].decode("utf-8", "ignore")
    return word, Progress(done, None if isnan(total) else total, note)
