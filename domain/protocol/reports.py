"""What workers report, as the dispatcher reads it: starts, outcomes, what is handed back.

A report counts once and in order: one that was seen before is dropped, a gap ends the session
(``reception.py`` mends it), and so does an outcome of what nobody holds.
"""

from collections.abc import Callable, Sequence

from ..identifiers import Attempt, WorkerId
from ..task import Outcome
from .crew import Crew
from .effects import DispatcherEffect, Send
from .intake import Intake
from .ledger import Ledger
from .member import Holding, Member
from .messages import Report, Unknown
from .reception import Reception
from .relay import Relay
from .verdicts import settle


class Reports:
    """Reads reports into the crew, the ledger and the intake."""

    def __init__(
        self,
        crew: Crew,
        ledger: Ledger,
        intake: Intake,
        reception: Reception,
        relay: Relay,
        jitter: Callable[[], float],
    ) -> None:
        """Take the parts of the core that a report concerns."""
        self._crew = crew
        self._ledger = ledger
        self._intake = intake
        self._reception = reception
        self._relay = relay
        self._jitter = jitter

    def read(self, peer: bytes, report: Report, now: float) -> list[DispatcherEffect]:
        """Read one; answer at once only where its session is not open, or has a gap."""
        member = self._crew.speaker(peer, report)
        if member is None:
            if self._reception.is_outdated(report):
                return []
            return [Send(peer, None, Unknown(report.session))]
        member.heard_ms = now
        following = member.follows(report)
        if following is None:
            return []
        in_hand, ledger = member.in_hand, self._ledger
        strangers = [a for a, _ in report.finished if a not in in_hand and a not in ledger]
        if strangers or not following:
            self._crew.suspend(member.worker)
            return [Send(peer, None, Unknown(report.session))]
        member.seq, member.window = report.seq, report.window
        if report.started:
            self._note_starts(member, report.started)
        if report.shown:
            self._relay.add([piece for piece in report.shown if piece.attempt in in_hand])
        for attempt, outcome in report.finished:
            holding = in_hand.pop(attempt, None)
            if holding is not None:
                self._settle(member.worker, holding, outcome)
        if report.returned:
            self._take_back(member, report.returned)
        self._crew.update(member, answer=not report.finished or ledger.failing)
        return []

    def _settle(self, worker: WorkerId, holding: Holding, outcome: Outcome) -> None:
        self._ledger.outcome(settle(worker, holding, outcome, self._jitter))

    def _take_back(self, member: Member, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            holding = member.in_hand.pop(attempt, None)
            if holding is not None:
                self._intake.returned(holding)

    def _note_starts(self, member: Member, attempts: Sequence[Attempt]) -> None:
        holdings = (member.in_hand.get(attempt) for attempt in attempts)
        fresh = [h for h in holdings if h is not None and not h.started]
        for holding in fresh:
            holding.started = True
        self._ledger.start((holding.attempt for holding in fresh), member.worker)
