"""Environments that tasks wait for and no connected worker offers: each is warned of once."""

from collections.abc import Iterator, Sequence

from ..scheduling import Roster
from .effects import Note


class Stranded:
    """What was warned of, until tasks wait for it no more or somebody offers it."""

    def __init__(self, roster: Roster) -> None:
        """Take the roster of who offers what; nothing was warned of yet."""
        self._roster = roster
        self._known: set[str] = set()

    def told(self, elsewhere: Sequence[str]) -> Iterator[Note]:
        """Yield a warning for each new one of the tags that tasks wait for ``elsewhere``."""
        stranded = {tag for tag in elsewhere if not self._roster.offers(tag)}
        known, self._known = self._known, stranded
        for tag in sorted(stranded - known):
            yield Note("warning", f"tasks wait for a worker of {tag}, and none is connected")
