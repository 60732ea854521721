"""The dispatcher's core: who gets what, who is alive, what must be written. Events in, effects out.

The same core serves local, push and pull. It reads no clock (``now`` is a steady time in
milliseconds), opens no payload and blocks on nothing: each method takes one event and returns
the effects that follow. Every invariant of the promise rests on the store's fence, none on this
core's memory, which a crash may take away at any moment. It must never hold an outcome back
once it is recorded, nor acknowledge one that is not.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from ..errors import ProtocolViolation
from ..function import Function
from ..identifiers import Attempt, FunctionId, TaskId, WorkerId
from ..policy import CARRIED_BYTES, Timers
from ..ports import Claim, FromWorker, Hint, Leased, Reaped, Written
from ..scheduling import Roster
from .agenda import Agenda
from .crew import Crew
from .effects import (
    NOTHING_BROUGHT,
    Brought,
    CallAdopt,
    CallAudit,
    CallClaim,
    CallHush,
    CallListen,
    CallMuster,
    CallReap,
    CallRecord,
    CallRelease,
    CallRenew,
    CallShow,
    CallStart,
    DispatcherEffect,
    Note,
    StoreCall,
)
from .intake import Intake
from .ledger import Ledger
from .member import Member
from .messages import Bye, Hello, Report
from .muster import Musters
from .orphans import Orphans
from .reception import Reception
from .relay import Relay
from .reports import Reports
from .stranded import Stranded
from .verdicts import refusals


class DispatcherCore:
    """Decides everything that a dispatcher does, over any link and any store."""

    def __init__(
        self,
        timers: Timers,
        jitter: Callable[[], float],
        now: float,
        carried_bytes: int = CARRIED_BYTES,
    ) -> None:
        """Start with no worker and no task. ``jitter`` gives numbers in [0, 1)."""
        self._timers = timers
        self._roster = Roster()
        self._ledger = Ledger(jitter)
        self._crew = Crew(timers, self._roster)
        self._reception = Reception(timers, self._crew, self._ledger, jitter, self._lease_left)
        self._intake = Intake(self._roster, self._ledger, self._crew, carried_bytes)
        self._relay = Relay()
        parts = (self._crew, self._ledger, self._intake, self._reception, self._relay)
        self._reports = Reports(*parts, jitter)
        self._musters = Musters(self._crew)
        self._agenda = Agenda(timers, now)
        self._orphans = Orphans(self._agenda, self._ledger, self._reception, self.in_hand)
        self._draining = False
        self._stranded = Stranded(self._roster)
        self._effects: list[DispatcherEffect] = []

    # ------------------------------------------------------------ what others may see

    @property
    def workers(self) -> Mapping[WorkerId, Member]:
        """Return the connected workers."""
        return self._crew.members

    @property
    def drained(self) -> bool:
        """Return whether a drain is over: all is written and nothing is under way."""
        waiting = self._intake or self._agenda.awaits_tasks or self._musters.under_way
        return self._draining and self._ledger.empty and not waiting

    def in_hand(self) -> list[Attempt]:
        """Return every attempt that this dispatcher keeps leased."""
        held = [a for member in self._crew.members.values() for a in member.in_hand]
        held += self._reception.attempts()
        return [*held, *self._intake.attempts(), *self._ledger.leases()]

    def next_tick_ms(self, now: float) -> float:
        """Return when ``tick`` must be called at the latest."""
        if now < self._ledger.ready_ms:
            return min(self._ledger.ready_ms, self._crew.check_at_ms)
        return min(self._agenda.next_ms(), self._crew.check_at_ms, self._musters.next_ms)

    # ------------------------------------------------------------ events from the link

    def received(self, arrivals: Sequence[FromWorker], now: float) -> list[DispatcherEffect]:
        """Read what workers sent."""
        for arrival in arrivals:
            match arrival.message:
                case Report() as report:
                    self._effects += self._reports.read(arrival.peer, report, now)
                case Hello() as hello:
                    self._effects += self._reception.hello(arrival.peer, hello, now)
                case Bye() as bye:
                    self._effects += self._reception.bye(bye)
                case ProtocolViolation() as violation:
                    self._effects.append(Note("warning", f"dropped a message: {violation}"))
        return self._step(now)

    def undeliverable(self, worker: WorkerId, now: float) -> list[DispatcherEffect]:
        """End a session with a gap: the link would not take a message. See ``Crew.suspend``."""
        self._effects.append(Note("info", f"worker {worker} cannot be reached"))
        self._crew.suspend(worker)
        return self._step(now)

    # ------------------------------------------------------------ answers of the store

    def claimed(
        self, claim: Claim, functions: Mapping[FunctionId, Function], now: float
    ) -> list[DispatcherEffect]:
        """Take claimed tasks; ``functions`` has those of them that exist."""
        self._ledger.succeeded()
        self._agenda.claimed(now, claim.left, claim.next_due_ms)
        self._orphans.claimed(claim)
        self._effects += self._stranded.told(claim.elsewhere)
        self._intake.claimed(claim.tasks, functions)
        return self._step(now)

    def start_noted(
        self, call: CallStart, answers: Sequence[Written], now: float
    ) -> list[DispatcherEffect]:
        """Go on with tasks on probation: those of a lost attempt, whose start is noted first."""
        self._ledger.done(call)
        self._intake.starts_noted(call.attempts, answers)
        return self._step(now)

    def recorded(
        self, call: CallRecord, answers: Sequence[Written], now: float
    ) -> list[DispatcherEffect]:
        """Let workers forget outcomes that are written, or refused for good."""
        self._ledger.done(call)
        self._effects += refusals(call.records, answers)
        self._crew.recorded(call.records, now)
        self._agenda.requeued(call.defeats, now)
        return self._step(now)

    def released(self, call: CallRelease, now: float) -> list[DispatcherEffect]:
        """Forget tasks that were handed back."""
        self._ledger.done(call)
        self._agenda.work_at(now + call.delay_ms)
        return self._step(now)

    def renewed(self, lost: Sequence[Attempt], now: float) -> list[DispatcherEffect]:
        """Stop what is no longer ours: it was cancelled, or its lease went to somebody else."""
        self._ledger.succeeded()
        self._agenda.renewed()
        self._drop(lost)
        return self._step(now)

    def reaped(self, tasks: Sequence[Reaped], now: float) -> list[DispatcherEffect]:
        """Look for work where leases expired, and stop those of our own that did."""
        self._ledger.succeeded()
        self._agenda.reaped(now, len(tasks))
        if tasks:
            self._effects.append(Note("info", f"{len(tasks)} leases had expired: taken back"))
            self._drop([task.attempt for task in tasks])
        return self._step(now)

    def adopted(
        self, call: CallAdopt, leases: Sequence[Leased | None], now: float
    ) -> list[DispatcherEffect]:
        """Open the session of a worker whose held attempts have been looked up."""
        self._ledger.succeeded()
        self._effects += self._reception.adopted(call, leases, now)
        return self._step(now)

    def audited(self, leased: Sequence[Attempt], now: float) -> list[DispatcherEffect]:
        """Look for what is leased to us and we do not hold."""
        self._ledger.succeeded()
        self._orphans.found(leased)
        return self._step(now)

    def hinted(
        self, hint: Hint, now: float, brought: Brought = NOTHING_BROUGHT
    ) -> list[DispatcherEffect]:
        """Look for work, kill what was cancelled, place what was handed over and ``brought``."""
        self._agenda.hinted(handed=bool(hint.tasks))
        if hint.work:
            self._musters.hinted()
        return self._told(hint, now, brought)

    def hushed(self, hint: Hint, now: float, brought: Brought) -> list[DispatcherEffect]:
        """Give back what was handed over at the last; nothing more will be."""
        self._ledger.succeeded()
        self._agenda.hushed()
        return self._told(hint, now, brought)

    def _told(self, hint: Hint, now: float, brought: Brought) -> list[DispatcherEffect]:
        if hint.tasks:
            self._agenda.handed(brought.since_ms)
            self._intake.claimed(hint.tasks, brought.functions)
        if hint.cancelled:
            gone = frozenset[TaskId](hint.cancelled)
            self._drop([a for a in self.in_hand() if a.task_id in gone])
        return self._step(now)

    def mustered(self, wishes: Collection[WorkerId], now: float) -> list[DispatcherEffect]:
        """Give nothing more to workers that somebody wishes to be drained; to others, again."""
        self._ledger.succeeded()
        self._musters.done(wishes)
        return self._step(now)

    def shown(self, now: float) -> list[DispatcherEffect]:
        """Go on with what has been shown since."""
        self._ledger.succeeded()
        self._relay.done()
        return self._step(now)

    def failed(self, call: StoreCall, now: float) -> list[DispatcherEffect]:
        """Put back what a call was to do that the store did not answer."""
        self._ledger.refused(now)
        match call:
            case CallClaim() | CallRenew() | CallReap() | CallListen() | CallHush():
                self._agenda.failed(call, now)
                self._orphans.doubt()
            case CallAudit():
                self._orphans.failed()
            case CallAdopt():
                self._reception.failed(call)
            case CallMuster():
                self._musters.failed()
            case CallShow():
                self._relay.failed(call)
            case CallRecord() | CallStart() | CallRelease():
                self._ledger.undone(call)
        return self._step(now)

    def _drop(self, attempts: Sequence[Attempt]) -> None:
        """Stop attempts that are not (or no longer) ours to run."""
        if not attempts:
            return
        gone = frozenset(attempts)
        self._crew.cancel(gone)
        self._reception.cancel(gone)
        self._intake.drop(gone)

    # ------------------------------------------------------------ time

    def tick(self, now: float) -> list[DispatcherEffect]:
        """Do what is due."""
        return self._step(now)

    def drain(self, now: float) -> list[DispatcherEffect]:
        """Take no more tasks, hand back what no worker has, and write down the rest."""
        self._draining = True
        self._crew.close()
        self._agenda.close(now)
        self._musters.close()
        return self._step(now)

    def _step(self, now: float) -> list[DispatcherEffect]:
        """Follow an event up: place, speak, and call the store where it is due."""
        if now >= self._crew.check_at_ms:
            self._effects += self._reception.lose_the_silent(now, self._musters.lost)
        if self._intake.unplaced or self._crew.touched:
            lease_left = self._lease_left(now)
            is_sure = lease_left > self._timers.fence_ms  # else they are renewed first
            if self._intake.unplaced and (self._draining or is_sure):
                self._effects += self._intake.place(draining=self._draining)
            self._effects += self._crew.flush(lease_left, now)
        if now >= self._ledger.ready_ms:
            self._effects += self._orphans.calls(draining=self._draining)
            self._effects += self._ledger.calls()
            if self._reception.arrivals:
                self._effects += self._reception.calls()
            served, rooms = self._roster.rooms, self._intake.rooms
            self._effects += self._agenda.calls(now, served, rooms, self.in_hand)
            if now >= self._musters.look_at_ms:
                self._effects += self._musters.calls(now)
            if self._relay.waiting:
                self._effects += self._relay.calls()
        effects, self._effects = self._effects, []
        return effects

    def _lease_left(self, now: float) -> int:
        """Return how many ms every lease of ours is sure to last.

        While the store is away nobody can take a lease either: workers go on, the fence holds.
        """
        return self._timers.lease_ms if self._ledger.failing else self._agenda.lease_left(now)
