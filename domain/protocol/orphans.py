"""Leases that the store has for this dispatcher and nobody here holds: found, and handed back.

They come of an answer that was lost: of a claim that was carried out, or of an outcome that the
store forgot in a crash or a failover. They would end by themselves, but nobody would run the tasks
for a whole lease time. So once the store answers again it is asked for what it has leased to us.
"""

from collections.abc import Callable, Collection, Iterator

from ..identifiers import Attempt
from ..ports import Claim
from .agenda import Agenda
from .effects import CallAudit, Note
from .ledger import Ledger
from .reception import Reception

REASON = "its dispatcher did not know that it held it: an answer of the store was lost"


class Orphans:
    """What may be leased to us without our knowing."""

    def __init__(
        self,
        agenda: Agenda,
        ledger: Ledger,
        reception: Reception,
        in_hand: Callable[[], Collection[Attempt]],
    ) -> None:
        """Take where tasks come from, where they go, and what says what we hold."""
        self._agenda = agenda
        self._ledger = ledger
        self._reception = reception
        self._in_hand = in_hand
        self._doubtful = self._asking = False
        self._suspects: frozenset[Attempt] = frozenset()
        self._awaited: frozenset[int] = frozenset()

    def doubt(self) -> None:
        """Note that an answer was lost."""
        self._doubtful = True

    def claimed(self, claim: Claim) -> None:
        """Look into a claim's answer, which may be one in part."""
        if claim.in_part:
            self.doubt()

    def calls(self, *, draining: bool) -> Iterator[CallAudit | Note]:
        """Hand back what is sure to be an orphan; then yield the look that is due, if any."""
        if draining:  # its successor adopts what workers hold
            return
        if self._suspects and self._awaited.isdisjoint(self._agenda.under_way):
            orphans = self._suspects.difference(self._known())
            self._suspects = frozenset()
            for attempt in sorted(orphans):
                self._ledger.release(attempt, 0, REASON)
            if orphans:
                yield Note("info", f"{len(orphans)} leases of ours that nobody knew: handed back")
        if self._doubtful and not (self._asking or self._suspects):
            self._doubtful, self._asking = False, True
            yield CallAudit()

    def found(self, leased: Collection[Attempt]) -> None:
        """Take what is leased to us: what we do not hold may still be on its way to us."""
        self._asking = False
        self._suspects = frozenset(leased).difference(self._known())
        self._awaited = self._agenda.under_way

    def failed(self) -> None:
        """Note that the store did not say."""
        self._doubtful, self._asking = True, False

    def _known(self) -> set[Attempt]:
        return {*self._in_hand(), *self._reception.unknown()}
