"""Coming and going, as the dispatcher sees it: who may open a session, and with what in hand.

A Hello replaces all that was believed about a worker by what it says it holds. What it holds and
we do not know is looked up in the store (adoption: how a restarted dispatcher takes over without
running anything twice); what we gave it and it does not hold never arrived, or is gone. While the
store is away the Hello waits here, and what the worker holds stays in our care.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from ..identifiers import Attempt, Session, WorkerId
from ..policy import Timers
from ..ports import Leased
from .crew import Crew
from .effects import CallAdopt, DispatcherEffect, Forget, Note, Send
from .ledger import Ledger
from .member import Holding, Member
from .messages import Bye, Hello, Refused, Report, Unknown, Welcome
from .verdicts import is_noted_first, lost
from .versions import OURS

CLOSED_MOST = 1_000
"""Of so many workers that are gone the last session is remembered, the latest to go."""


@dataclass(slots=True)
class _Arrival:
    """A Hello whose ``unknown`` attempts are to be looked up; ``known`` we knew already."""

    peer: bytes
    hello: Hello
    known: dict[Attempt, Holding]
    unknown: tuple[Attempt, ...]
    asked: bool = False


class Reception:
    """Workers on their way into the crew."""

    def __init__(
        self,
        timers: Timers,
        crew: Crew,
        ledger: Ledger,
        jitter: Callable[[], float],
        lease_left: Callable[[float], int],
    ) -> None:
        """Start with nobody. ``lease_left``: how long every lease is sure to last from a moment."""
        self._timers = timers
        self._crew = crew
        self._ledger = ledger
        self._jitter = jitter
        self._lease_left = lease_left
        self.arrivals: dict[WorkerId, _Arrival] = {}
        self._closed: dict[WorkerId, Session] = {}

    def __contains__(self, worker: WorkerId) -> bool:
        """Return whether a worker waits for the answer to its Hello."""
        return worker in self.arrivals

    def attempts(self) -> list[Attempt]:
        """Return what those who wait hold and we know, to be kept leased."""
        return [attempt for arrival in self.arrivals.values() for attempt in arrival.known]

    def unknown(self) -> list[Attempt]:
        """Return what those who wait hold and we did not know: it may be ours by now."""
        return [attempt for arrival in self.arrivals.values() for attempt in arrival.unknown]

    # ------------------------------------------------------------ hello

    def hello(self, peer: bytes, hello: Hello, now: float) -> list[DispatcherEffect]:
        """Answer a Hello: Welcome, Refused, Unknown, or nothing yet."""
        if hello.protocol not in OURS:
            refusal = Refused(hello.session, OURS.refusal(hello.protocol), final=True)
            return [Send(peer, None, refusal)]
        member = self._crew.members.get(hello.worker)
        if member is not None:
            answer = self._known_worker(member, peer, hello, now)
            if answer is not None:
                return answer
        elif self._is_closed(hello):
            return [Send(peer, None, Unknown(hello.session))]
        arrival = self.arrivals.get(hello.worker)
        if arrival is not None and not _is_older(arrival.hello.session, hello.session):
            return []
        return self._arrive(peer, hello, member, now)

    def close(self, member: Member) -> dict[Attempt, Holding]:
        """Open a session that has ended never again; return what its worker held, if it waits.

        A copy of its Hello may still be under way, from a worker that goes on in that session or
        that has left: each of its numbers would be there twice, or a ghost be given tasks.
        """
        self._closed.pop(member.worker, None)
        self._closed[member.worker] = member.session
        if len(self._closed) > CLOSED_MOST:
            del self._closed[next(iter(self._closed))]
        return self.forget(member.worker)

    def _is_closed(self, hello: Hello) -> bool:
        closed = self._closed.get(hello.worker)
        return closed is not None and (hello.session == closed or _is_older(hello.session, closed))

    def _known_worker(
        self, member: Member, peer: bytes, hello: Hello, now: float
    ) -> list[DispatcherEffect] | None:
        """Return the answer to a Hello that opens no session, or None if it does."""
        if hello.session == member.session:
            if member.suspended:
                return [Send(peer, None, Unknown(hello.session))]
            member.peer, member.heard_ms = peer, now
            return [Send(peer, member.worker, member.welcome)]
        if hello.session.incarnation == member.session.incarnation:
            return [] if hello.session.epoch < member.session.epoch else None
        if member.suspended:
            return None
        reason = f"another worker is connected as {hello.worker}; give this one another name"
        return [Send(peer, None, Refused(hello.session, reason, final=False))]

    def _arrive(
        self, peer: bytes, hello: Hello, member: Member | None, now: float
    ) -> list[DispatcherEffect]:
        before = self.forget(hello.worker)
        same_process = False
        if member is not None:
            self._crew.suspend(member.worker)
            before |= member.in_hand
            member.in_hand = {}
            same_process = member.session.incarnation == hello.session.incarnation
        known = {attempt: before.pop(attempt) for attempt in hello.held if attempt in before}
        for holding in before.values():
            if same_process and (holding.sent > hello.read or holding.attempt in hello.returned):
                self._ledger.release(holding.attempt, 0, "handed back")
            else:
                self._ledger.outcome(lost(hello.worker, holding, "let go of it", self._jitter))
        for attempt in hello.returned:
            if attempt not in before and self._ledger.withdraw_loss(attempt):
                self._ledger.release(attempt, 0, "handed back")  # by another's worker, or ours
        unknown = tuple(
            attempt
            for attempt in hello.held
            if attempt not in known and self._ledger.withdraw_loss(attempt)
        )
        arrival = _Arrival(peer, hello, known, unknown)
        if not unknown:
            return self._open(arrival, {}, now)
        self.arrivals[hello.worker] = arrival
        return []

    # ------------------------------------------------------------ adoption

    def calls(self) -> Iterator[CallAdopt]:
        """Yield the look-ups to make now."""
        for arrival in self.arrivals.values():
            if not arrival.asked:
                arrival.asked = True
                yield CallAdopt(arrival.hello.worker, arrival.hello.session, arrival.unknown)

    def adopted(
        self, call: CallAdopt, leases: Sequence[Leased | None], now: float
    ) -> list[DispatcherEffect]:
        """Open the session: what the store calls ours is kept, the rest is to be dropped."""
        arrival = self.arrivals.get(call.worker)
        if arrival is None or arrival.hello.session != call.session:
            return []
        del self.arrivals[call.worker]
        held = (Holding(each, None, is_noted_first(each)) for each in leases if each is not None)
        return self._open(arrival, {holding.attempt: holding for holding in held}, now)

    def failed(self, call: CallAdopt) -> None:
        """Have a look-up made again."""
        arrival = self.arrivals.get(call.worker)
        if arrival is not None and arrival.hello.session == call.session:
            arrival.asked = False

    def _open(
        self, arrival: _Arrival, adopted: dict[Attempt, Holding], now: float
    ) -> list[DispatcherEffect]:
        hello, timers = arrival.hello, self._timers
        held = {**arrival.known, **adopted}
        drop = tuple(a for a in hello.held if a not in held and not self._ledger.has_outcome(a))
        lease_ms = min(timers.lease_ms - timers.renew_ms, self._lease_left(now))
        welcome = Welcome(hello.session, lease_ms, timers.beat_ms, drop)
        member = Member.from_hello(arrival.peer, hello, welcome, now)
        member.in_hand = held
        self._crew.join(member, now)
        tag = hello.environment.tag
        text = f"worker {hello.worker} joined: {hello.slots} slots, {tag}, holds {len(hello.held)}"
        return [Send(arrival.peer, hello.worker, welcome), Note("info", text)]

    # ------------------------------------------------------------ leaving

    def bye(self, bye: Bye) -> list[DispatcherEffect]:
        """Let a worker leave: what did not end there goes back to the queue, and costs nothing."""
        member = self._crew.members.get(bye.worker)
        if member is None or member.session != bye.session:
            return []
        for holding in member.part(bye.unrecorded):
            self._ledger.release(holding.attempt, 0, "handed back")
        return self.lose(member, "left")

    def lose(self, member: Member, why: str) -> list[DispatcherEffect]:
        """Forget a worker; what it held is lost."""
        level = "warning" if member.in_hand else "info"
        known = self.close(member)
        for holding in [*self._crew.remove(member), *known.values()]:
            self._ledger.outcome(lost(member.worker, holding, why, self._jitter))
        return [Note(level, f"worker {member.worker} {why}"), Forget(member.peer)]

    def lose_the_silent(
        self, now: float, lost: Callable[[Member, float], None]
    ) -> list[DispatcherEffect]:
        """Forget workers that have not spoken for too long, and tell who they were; not those who
        wait to come in again.
        """
        why = f"went silent for {self._timers.silence_ms / 1000:g} s"
        effects: list[DispatcherEffect] = []
        for member in self._crew.silent(now):
            if member.worker not in self.arrivals:
                effects += self.lose(member, why)
                lost(member, now)
        return effects

    # ------------------------------------------------------------ while they wait

    def is_outdated(self, report: Report) -> bool:
        """Return whether the report is of a session that the worker itself has left behind."""
        member = self._crew.members.get(report.worker)
        arrival = self.arrivals.get(report.worker)
        return (member is not None and _is_older(report.session, member.session)) or (
            arrival is not None and _is_older(report.session, arrival.hello.session)
        )

    def cancel(self, attempts: Collection[Attempt]) -> None:
        """Have the Welcome tell those who wait to drop these attempts."""
        for arrival in self.arrivals.values():
            for attempt in [each for each in arrival.known if each in attempts]:
                del arrival.known[attempt]

    def forget(self, worker: WorkerId) -> dict[Attempt, Holding]:
        """Let a worker wait no more; return what it held that we know."""
        arrival = self.arrivals.pop(worker, None)
        return {} if arrival is None else arrival.known


def _is_older(one: Session, other: Session) -> bool:
    """Return whether a session of this process came before the other; processes do not compare."""
    return one.incarnation == other.incarnation and one.epoch < other.epoch
