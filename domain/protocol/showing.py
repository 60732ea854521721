"""What a worker has to show of its running attempts, until the dispatcher has it.

The whole tail is kept for each, so that a new session begins by showing it again: nothing is
missing where reports were lost. Tasks that show nothing cost nothing.
"""

from math import inf

from ..identifiers import Attempt
from ..output import Piece, merged

SHOW_MS = 100.0
"""Pieces leave at most so often, if nothing else is to be said."""

SHOWN_BYTES = 1024 * 1024
"""Bytes of pieces in one report; what is over goes with the next."""


class Showing:
    """Tails by attempt, and from which offset on they are still to be told."""

    def __init__(self) -> None:
        """Start with nothing to show."""
        self.tails: dict[Attempt, Piece] = {}
        """All that is kept, by attempt."""
        self._untold: dict[Attempt, int] = {}
        self._next_ms = 0.0

    @property
    def due_ms(self) -> float:
        """Return when pieces are to leave; inf if there are none."""
        return self._next_ms if self._untold else inf

    def add(self, piece: Piece) -> None:
        """Take a piece, to be told."""
        old = self.tails.get(piece.attempt)
        self.tails[piece.attempt] = piece if old is None else merged(old, piece)
        self._untold.setdefault(piece.attempt, piece.start)

    def drop(self, attempt: Attempt) -> None:
        """Forget an attempt."""
        self.tails.pop(attempt, None)
        self._untold.pop(attempt, None)

    def again(self) -> None:
        """Have everything told again: a session begins."""
        self._untold = {attempt: tail.start for attempt, tail in self.tails.items()}

    def take(self, now: float) -> tuple[Piece, ...]:
        """Return what is to be told now, as if it were told with that."""
        self._next_ms = now + SHOW_MS
        pieces: list[Piece] = []
        size = 0
        while self._untold and size < SHOWN_BYTES:
            attempt, start = next(iter(self._untold.items()))
            del self._untold[attempt]
            tail = self.tails[attempt]
            skip = max(0, start - tail.start)
            piece = tail._replace(start=tail.start + skip, data=tail.data[skip:])
            pieces.append(piece)
            size += len(piece.data)
        return tuple(pieces)
