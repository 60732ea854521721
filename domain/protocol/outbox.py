"""What a worker has to say: starts, outcomes, returns; kept until the other side has it.

An outcome stays here until it is recorded, across any number of sessions. Starts and returns
are facts of a session: should a report be lost, the next Hello lists what is held and what was
handed back, and so says it all again. A start is told on its own only when the task lasts
(``started_ms``).
"""

from collections import deque
from collections.abc import Iterable

from ..identifiers import Attempt, Session, WorkerId
from ..output import Piece
from ..task import Outcome, Success
from .messages import Finished, Report
from .showing import Showing

REPORT_BYTES = 8 * 1024 * 1024
"""Result bytes after which another Report is begun; a single larger result still travels whole."""


class Outbox:
    """Numbers reports, batches what is to be said, repeats what was not recorded."""

    def __init__(self, worker: WorkerId, started_ms: int) -> None:
        """Start with nothing to say and no session."""
        self._worker = worker
        self._started_ms = started_ms
        self._session = Session("", 0)
        self._seq = 0
        self._sent: deque[tuple[int, float]] = deque()
        self._window = 0
        self._outcomes: dict[Attempt, Outcome] = {}
        self._to_finish: list[Attempt] = []
        self._to_return: dict[Attempt, bool] = {}
        self._returned: deque[tuple[int, tuple[Attempt, ...]]] = deque()
        self._begun: dict[Attempt, float] = {}
        self._showing = Showing()
        self.sent_ms = 0.0

    @property
    def empty(self) -> bool:
        """Return whether nothing is left that must reach the dispatcher."""
        return not (self._outcomes or self._to_return)

    @property
    def flush_at_ms(self) -> float:
        """Return when the next start, or what was shown, is to be told on its own."""
        if not self._begun:
            return self._showing.due_ms
        return min(next(iter(self._begun.values())) + self._started_ms, self._showing.due_ms)

    def unrecorded(self) -> list[Attempt]:
        """Return the attempts whose outcome is not recorded."""
        return list(self._outcomes)

    def handed_back(self) -> tuple[Attempt, ...]:
        """Return what was handed back and the dispatcher is not known to have read."""
        told = (attempt for _, attempts in self._returned for attempt in attempts)
        return (*told, *self._to_return)

    # ------------------------------------------------------------ what there is to say

    def began(self, attempt: Attempt, at_ms: float) -> None:
        """Have a start told, should the task last."""
        self._begun[attempt] = at_ms

    def ended(self, attempt: Attempt, outcome: Outcome) -> None:
        """Have an outcome told until it is recorded."""
        self._begun.pop(attempt, None)
        self._outcomes[attempt] = outcome
        self._to_finish.append(attempt)

    def show(self, piece: Piece) -> None:
        """Have it told what an attempt has shown."""
        self._showing.add(piece)

    def returned(self, attempt: Attempt, *, begun: bool = False) -> None:
        """Have it told that an attempt is handed back, and that it had begun if it had."""
        self._begun.pop(attempt, None)
        self._showing.drop(attempt)
        self._to_return[attempt] = begun

    def recorded(self, attempts: Iterable[Attempt]) -> None:
        """Forget outcomes that are recorded, or refused for good."""
        for attempt in attempts:
            self._outcomes.pop(attempt, None)
            if self._showing.tails:
                self._showing.drop(attempt)

    def forget(self, attempt: Attempt) -> None:
        """Forget everything about an attempt."""
        self._begun.pop(attempt, None)
        self._outcomes.pop(attempt, None)
        self._showing.drop(attempt)

    # ------------------------------------------------------------ saying it

    def epoch_raised(self) -> None:
        """Leave it to the Hellos that follow to tell what was handed back.

        What is handed back from here on may be listed as held, and is told once the session is
        open.
        """
        self._returned.append((0, tuple(self._to_return)))
        self._to_return.clear()

    def open(self, session: Session, now: float, running: Iterable[tuple[Attempt, float]]) -> None:
        """Begin a session, in which everything is to be said again."""
        self._session = session
        self._seq = 0
        self._sent.clear()
        self._returned.clear()
        self._to_finish = list(self._outcomes)
        self._begun = dict(running)
        self._showing.again()
        self._window = -1
        self.sent_ms = now

    def heard(self, echo: int) -> float | None:
        """Return when the report ``echo`` was sent, and forget the ones before it."""
        while self._sent and self._sent[0][0] < echo:
            self._sent.popleft()
        while self._returned and self._returned[0][0] <= echo:
            self._returned.popleft()
        if self._sent and self._sent[0][0] == echo:
            return self._sent[0][1]
        return None

    def due(self, now: float, window: int) -> bool:
        """Return whether there is something to say now."""
        if self._to_finish or self._to_return or window != self._window:
            return True
        return bool(self._begun or self._showing.tails) and now >= self.flush_at_ms

    def reports(self, now: float, window: int) -> list[Report]:
        """Return what is to be said, in reports of about REPORT_BYTES; at least one."""
        started = self._starts(now) if self._begun or self._to_return else ()
        returned = tuple(self._to_return)
        shown = self._showing.take(now) if self._showing.tails else ()
        if returned:
            self._to_return.clear()
            self._returned.append((self._seq + 1, returned))
        reports: list[Report] = []
        for finished in self._parcels():
            self._seq += 1
            self._sent.append((self._seq, now))
            told = (started, finished, returned, shown)
            reports.append(Report(self._worker, self._session, self._seq, window, *told))
            started = returned = shown = ()
        self._window = window
        self.sent_ms = now
        return reports

    def _starts(self, now: float) -> tuple[Attempt, ...]:
        lasting = [a for a, began in self._begun.items() if now >= began + self._started_ms]
        for attempt in lasting:
            del self._begun[attempt]
        stopped = (attempt for attempt, begun in self._to_return.items() if begun)
        return (*lasting, *stopped)

    def _parcels(self) -> list[tuple[Finished, ...]]:
        """Cut outcomes into parcels of about REPORT_BYTES; at least one, maybe empty."""
        parcels: list[tuple[Finished, ...]] = []
        parcel: list[Finished] = []
        size = 0
        attempts, self._to_finish = self._to_finish, []
        for attempt in attempts:
            outcome = self._outcomes.get(attempt)
            if outcome is None:
                continue
            cost = _size(outcome)
            if size and size + cost > REPORT_BYTES:
                parcels.append(tuple(parcel))
                parcel, size = [], 0
            parcel.append(Finished(attempt, outcome))
            size += cost
        parcels.append(tuple(parcel))
        return parcels


def _size(outcome: Outcome) -> int:
    if isinstance(outcome, Success):
        return len(outcome.result) + len(outcome.output)
    return len(outcome.exception) + len(outcome.traceback) + len(outcome.output)
