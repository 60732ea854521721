"""The workers that a dispatcher knows: handshakes, who is silent, and what to tell whom.

A Hello replaces all that was believed about a worker by what it says it holds. What it holds and
we do not know is looked up in the store (adoption: how a restarted dispatcher takes over without
running anything twice); what we gave it and it does not hold never arrived, or is gone.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from math import inf

from ..function import Function
from ..identifiers import Attempt, WorkerId
from ..policy import Timers
from ..ports import Leased
from ..scheduling import Roster
from .effects import CallAdopt, DispatcherEffect, Note, Send
from .ledger import Ledger
from .member import Holding, Member
from .messages import PROTOCOL_VERSION, Hello, Refused, Report, Unknown, Welcome
from .verdicts import is_noted_first, lost

CHECK_MS = 1_000
"""How often silent workers are looked for: a wake-up a second, and none when nobody is there."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A Hello whose held attempts are being looked up; ``known`` are those we knew already."""

    peer: bytes
    hello: Hello
    known: dict[Attempt, Holding]


class Crew:
    """Sessions by worker. Keeps the roster in step with them."""

    def __init__(
        self, timers: Timers, roster: Roster, ledger: Ledger, jitter: Callable[[], float]
    ) -> None:
        """Start with nobody."""
        self._timers = timers
        self._roster = roster
        self._ledger = ledger
        self._jitter = jitter
        self._arrivals: dict[WorkerId, _Arrival] = {}
        self._touched: dict[WorkerId, None] = {}
        self.members: dict[WorkerId, Member] = {}
        self.check_at_ms = inf

    # ------------------------------------------------------------ handshakes

    def hello(self, peer: bytes, hello: Hello, now: float) -> list[DispatcherEffect]:
        """Answer a Hello: Welcome, Refused, or first a look into the store."""
        if hello.protocol != PROTOCOL_VERSION:
            return [Send(peer, None, _wrong_version(hello))]
        member = self.members.get(hello.worker)
        if member is not None:
            answer = self._known_worker(member, peer, hello, now)
            if answer is not None:
                return answer
        arrival = self._arrivals.get(hello.worker)
        if arrival is not None and arrival.hello.session == hello.session:
            return []
        return self._arrive(peer, hello, member, now)

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
        before = member.in_hand if member is not None else {}
        if member is not None:
            self.suspend(member.worker)
            member.heard_ms = now
        known: dict[Attempt, Holding] = {}
        unknown: list[Attempt] = []
        for attempt in hello.held:
            if attempt in before:
                known[attempt] = before.pop(attempt)
            elif attempt not in self._ledger or self._ledger.withdraw_loss(attempt):
                unknown.append(attempt)
        for holding in before.values():
            self._ledger.outcome(lost(hello.worker, holding, "let go of it", self._jitter))
        before.clear()
        arrival = _Arrival(peer, hello, known)
        if not unknown:
            return self._open(arrival, {}, (), now)
        self._arrivals[hello.worker] = arrival
        return [CallAdopt(hello.worker, hello.session, tuple(unknown))]

    def adopted(
        self, call: CallAdopt, leases: Sequence[Leased | None], now: float
    ) -> list[DispatcherEffect]:
        """Open the session: what the store calls ours is kept, the rest is to be dropped."""
        arrival = self._arrivals.get(call.worker)
        if arrival is None or arrival.hello.session != call.session:
            return []
        del self._arrivals[call.worker]
        held = (
            Holding(lease, None, is_noted_first(lease)) for lease in leases if lease is not None
        )
        kept = {holding.attempt: holding for holding in held}
        drop = tuple(attempt for attempt in call.attempts if attempt not in kept)
        return self._open(arrival, kept, drop, now)

    def adoption_failed(self, call: CallAdopt) -> None:
        """Forget a Hello that cannot be answered now: the worker repeats it."""
        arrival = self._arrivals.get(call.worker)
        if arrival is not None and arrival.hello.session == call.session:
            del self._arrivals[call.worker]
            member = self.members.get(call.worker)
            if member is not None:
                member.in_hand.update(arrival.known)

    def _open(
        self,
        arrival: _Arrival,
        adopted: dict[Attempt, Holding],
        drop: tuple[Attempt, ...],
        now: float,
    ) -> list[DispatcherEffect]:
        hello = arrival.hello
        timers = self._timers
        welcome = Welcome(hello.session, timers.lease_ms - timers.renew_ms, timers.beat_ms, drop)
        member = Member.from_hello(arrival.peer, hello, welcome, now)
        member.in_hand = {**arrival.known, **adopted}
        self.members[hello.worker] = member
        self.check_at_ms = min(self.check_at_ms, now + CHECK_MS)
        tag = hello.environment.tag
        self._roster.put(hello.worker, tag, hello.slots, hello.window, len(member.in_hand))
        text = f"worker {hello.worker} joined: {hello.slots} slots, {tag}, holds {len(hello.held)}"
        return [Send(arrival.peer, hello.worker, welcome), Note("info", text)]

    # ------------------------------------------------------------ who speaks, who is silent

    def speaker(self, peer: bytes, report: Report) -> Member | None:
        """Return the worker whose open session this report belongs to, if there is one."""
        member = self.members.get(report.worker)
        if member is None or member.suspended:
            return None
        return member if (member.session, member.peer) == (report.session, peer) else None

    def is_outdated(self, report: Report) -> bool:
        """Return whether the report is of a session that the worker itself has left behind."""
        candidates = [m.session for m in (self.members.get(report.worker),) if m is not None]
        arrival = self._arrivals.get(report.worker)
        if arrival is not None:
            candidates.append(arrival.hello.session)
        return any(
            session.incarnation == report.session.incarnation
            and session.epoch > report.session.epoch
            for session in candidates
        )

    def silent(self, now: float) -> list[Member]:
        """Return the workers that have not spoken for too long; O(workers), once a second."""
        if now < self.check_at_ms:
            return []
        self.check_at_ms = now + CHECK_MS if self.members else inf
        limit = now - self._timers.silence_ms
        return [member for member in self.members.values() if member.heard_ms <= limit]

    def suspend(self, worker: WorkerId) -> None:
        """Say and give nothing more in this session; the worker must say Hello anew."""
        member = self.members.get(worker)
        if member is not None:
            member.suspended = True
            self._roster.remove(worker)

    def remove(self, member: Member) -> list[Holding]:
        """Forget a worker; return what it held."""
        self.members.pop(member.worker, None)
        self._touched.pop(member.worker, None)
        self._roster.remove(member.worker)
        held = list(member.in_hand.values())
        arrival = self._arrivals.pop(member.worker, None)
        return held if arrival is None else [*held, *arrival.known.values()]

    # ------------------------------------------------------------ what to tell whom

    def assign(self, worker: WorkerId, holding: Holding, function: Function) -> None:
        """Give a worker, chosen by the roster, a task."""
        self.members[worker].assign(holding, function)
        self._touched[worker] = None

    def acknowledge(self, worker: WorkerId, attempt: Attempt) -> None:
        """Let a worker forget an outcome; one that has left is fine: it asks when it returns."""
        member = self.members.get(worker)
        if member is not None and not member.suspended:
            member.acknowledge(attempt)
            self._touched[worker] = None

    def update(self, member: Member) -> None:
        """Answer a report that has been read, and let the roster know of the worker's room."""
        member.answer_due = True
        self._touched[member.worker] = None
        self._roster.update(member.worker, member.window, len(member.in_hand))

    def cancel(self, attempts: Collection[Attempt]) -> None:
        """Have whoever runs these attempts stop."""
        for member in self.members.values():
            for attempt in member.in_hand.keys() & attempts:
                member.cancel(attempt)
                self._touched[member.worker] = None
            self._roster.update(member.worker, member.window, len(member.in_hand))

    def flush(self, lease_ms: int) -> Iterator[DispatcherEffect]:
        """Yield all that is to be said now; O(workers that there is something to say to)."""
        touched, self._touched = self._touched, {}
        for worker in touched:
            member = self.members[worker]
            if not member.suspended:
                for orders in member.orders(lease_ms):
                    yield Send(member.peer, worker, orders)


def _wrong_version(hello: Hello) -> Refused:
    reason = (
        f"this dispatcher speaks protocol {PROTOCOL_VERSION} and the worker {hello.protocol}: "
        "install the same version of gofer on both"
    )
    return Refused(hello.session, reason, final=True)
