"""What a running attempt shows: the tail of what it writes, and how far it has come.

Offsets count the bytes of an attempt's stdout and stderr from its start, so that whoever follows
can go on exactly where it stopped. Nothing here is a promise: pieces may be lost, never mixed up.
"""

from typing import NamedTuple

from .identifiers import Attempt

TAIL_BYTES = 64 * 1024
"""How much of an attempt's output is kept: the last so many bytes."""

NOTE_BYTES = 512
"""How long the note of a progress may be, in UTF-8."""


class Progress(NamedTuple):
    """How far a task says that it has come. ``total`` is None where it does not know."""

    done: float
    total: float | None = None
    note: str = ""


class Piece(NamedTuple):
    """What an attempt has shown: ``data`` of its output, from ``start`` on, and its progress.

    ``progress`` is None where it has said nothing new.
    """

    attempt: Attempt
    start: int
    data: bytes
    progress: Progress | None = None

    @property
    def end(self) -> int:
        """Return the offset behind the last byte."""
        return self.start + len(self.data)


def merged(old: Piece, new: Piece) -> Piece:
    """Return two pieces of one attempt as one, cut to the tail; ``new`` may repeat some of ``old``.

    Where something is missing between them, only what came after it is left.
    """
    if new.end <= old.end and new.start >= old.start:
        start, data = old.start, old.data
    elif old.start <= new.start <= old.end:
        start, data = old.start, old.data + new.data[old.end - new.start :]
    else:
        start, data = new.start, new.data
    cut = max(0, len(data) - TAIL_BYTES)
    return Piece(old.attempt, start + cut, data[cut:], new.progress or old.progress)
