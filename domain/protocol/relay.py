"""What workers show of their running attempts, on its way to the store: one call at a time.

What comes meanwhile is merged and goes with the next, so that a slow store costs detail and never
memory without bound.
"""

from collections.abc import Iterable, Iterator

from ..identifiers import Attempt
from ..output import Piece, merged
from .effects import CallShow

ATTEMPTS_MOST = 1_000
"""Of so many attempts pieces wait at most, 64 MiB; the oldest are dropped first."""


class Relay:
    """Pieces that are not written yet."""

    def __init__(self) -> None:
        """Start with none."""
        self.waiting: dict[Attempt, Piece] = {}
        self._under_way = False

    def add(self, pieces: Iterable[Piece]) -> None:
        """Take pieces that a worker has told."""
        for piece in pieces:
            old = self.waiting.get(piece.attempt)
            self.waiting[piece.attempt] = piece if old is None else merged(old, piece)
        while len(self.waiting) > ATTEMPTS_MOST:
            del self.waiting[next(iter(self.waiting))]

    def calls(self) -> Iterator[CallShow]:
        """Yield the call to make now, if there is one."""
        if self.waiting and not self._under_way:
            self._under_way = True
            pieces, self.waiting = tuple(self.waiting.values()), {}
            yield CallShow(pieces)

    def done(self) -> None:
        """Note that a call was answered."""
        self._under_way = False

    def failed(self, call: CallShow) -> None:
        """Put back what the store did not take, before what has come since."""
        self._under_way = False
        since, self.waiting = self.waiting, {}
        self.add((*call.pieces, *since.values()))
