"""One core on a bench: events by hand, effects to look at, time as the test says.

For tests of single behaviours; the whole system is in ``world.py``.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from gofer.domain.errors import ProtocolViolation
from gofer.domain.function import Function
from gofer.domain.identifiers import Attempt, FunctionId, Session, TaskId, WorkerId
from gofer.domain.output import Piece
from gofer.domain.policy import Timers
from gofer.domain.ports import Claim, Completion, Defeat, FromWorker, Hint, Leased, Written
from gofer.domain.protocol.dispatcher import DispatcherCore
from gofer.domain.protocol.effects import (
    NOTHING_BROUGHT,
    CallAdopt,
    CallClaim,
    CallHush,
    CallListen,
    CallReap,
    CallRecord,
    CallStart,
    DispatcherEffect,
    Send,
)
from gofer.domain.protocol.messages import (
    NOTHING_READ,
    PROTOCOL_VERSION,
    Bye,
    Finished,
    Hello,
    Orders,
    Read,
    Report,
    ToDispatcher,
)
from gofer.domain.task import Budget, Outcome, Spent, Success
from tests.support.simulation.plan import ENVIRONMENTS, FUNCTIONS

E = TypeVar("E")

WORKER = WorkerId("w1")
FUNCTION = FUNCTIONS[0]
DONE = Success(b"done", run_ms=1.0)


def attempt(number: int = 1, task: int = 0) -> Attempt:
    """Return an attempt at the task of this number."""
    return Attempt(TaskId(f"task-{task}"), number, "t")


def lease(
    number: int = 1, task: int = 0, budget: Budget | None = None, spent: Spent | None = None
) -> Leased:
    """Return a claimed task."""
    return Leased(
        attempt(number, task), FUNCTION.id, b"args", 1, budget or Budget(), spent or Spent()
    )


class Effects:
    """What a core has asked for and the test has not looked at yet."""

    def __init__(self) -> None:
        self.waiting: list[object] = []

    def take(self, kind: type[E]) -> list[E]:
        """Return, and forget, all effects of a kind, oldest first."""
        found = [effect for effect in self.waiting if isinstance(effect, kind)]
        self.waiting = [effect for effect in self.waiting if not isinstance(effect, kind)]
        return found

    def one(self, kind: type[E]) -> E:
        """Return, and forget, the only effect of a kind."""
        (effect,) = self.take(kind)
        return effect


class DispatcherBench(Effects):
    """A dispatcher's core, its workers' messages and its store's answers."""

    def __init__(self, timers: Timers | None = None) -> None:
        super().__init__()
        self.now = 0.0
        self.timers = timers or Timers()
        self.core = DispatcherCore(self.timers, lambda: 0.5, self.now)
        self._seqs: dict[Session, int] = {}

    def does(self, effects: Sequence[DispatcherEffect]) -> None:
        """Keep effects to be looked at."""
        self.waiting += effects

    def tick(self, after_ms: float = 0.0) -> None:
        """Let time pass, then tick."""
        self.now += after_ms
        self.does(self.core.tick(self.now))

    def live(self, for_ms: float) -> int:
        """Tick whenever the core wants to; return how often it did."""
        until, ticks = self.now + for_ms, 0
        while (due := self.core.next_tick_ms(self.now)) <= until:
            self.now = max(self.now, due)
            self.tick()
            ticks += 1
            assert self.core.next_tick_ms(self.now) > self.now, "it spins"
        self.now = until
        return ticks

    # ------------------------------------------------------------ messages

    def hears(self, message: ToDispatcher | ProtocolViolation, peer: bytes = b"p1") -> None:
        """Have a message arrive."""
        self.does(self.core.received([FromWorker(peer, message)], self.now))

    def hello(  # noqa: PLR0913 - each has a default
        self,
        worker: WorkerId = WORKER,
        session: Session | None = None,
        *,
        slots: int = 1,
        window: int = 1,
        held: Sequence[Attempt] = (),
        returned: Sequence[Attempt] = (),
        read: Read = NOTHING_READ,
        peer: bytes = b"p1",
        environment: int = 0,
        protocol: int = PROTOCOL_VERSION,
    ) -> Session:
        """Have a worker say Hello; return its session."""
        session = session or Session(f"{worker}.1", 0)
        tag = ENVIRONMENTS[environment]
        has = tuple(held), tuple(returned), read
        self.hears(Hello(protocol, worker, session, slots, window, tag, *has), peer)
        return session

    def report(  # noqa: PLR0913 - each has a default
        self,
        session: Session,
        worker: WorkerId = WORKER,
        *,
        window: int = 1,
        started: Sequence[Attempt] = (),
        finished: Mapping[Attempt, Outcome] | None = None,
        returned: Sequence[Attempt] = (),
        shown: Sequence[Piece] = (),
        peer: bytes = b"p1",
        skip: int = 0,
    ) -> Report:
        """Have a worker report, with the next number (``skip`` of them lost before it)."""
        seq = self._seqs[session] = self._seqs.get(session, 0) + 1 + skip
        ended = tuple(Finished(a, o) for a, o in (finished or {}).items())
        told = tuple(started), ended, tuple(returned), tuple(shown)
        report = Report(worker, session, seq, window, *told)
        self.hears(report, peer)
        return report

    def bye(
        self,
        session: Session,
        worker: WorkerId = WORKER,
        unrecorded: Sequence[Attempt] = (),
    ) -> None:
        """Have a worker say goodbye."""
        self.hears(Bye(worker, session, tuple(unrecorded)))

    def loses(self, session: Session, worker: WorkerId = WORKER) -> None:
        """Have another process say Hello in a worker's place: what it held is lost with it."""
        self.undeliverable(worker)
        self.hello(worker, Session(f"{session.incarnation}+", 0))

    def undeliverable(self, worker: WorkerId = WORKER) -> None:
        """Have the link refuse a message to a worker."""
        self.does(self.core.undeliverable(worker, self.now))

    def said(self, kind: type[E]) -> list[E]:
        """Return, and forget, the messages of a kind that were sent."""
        messages: list[object] = [e.message for e in self.waiting if isinstance(e, Send)]
        found = [message for message in messages if isinstance(message, kind)]
        self.waiting = [
            effect
            for effect in self.waiting
            if not (isinstance(effect, Send) and isinstance(effect.message, kind))
        ]
        return found

    # ------------------------------------------------------------ the store

    def claims(self, *leases: Leased, functions: Sequence[Function] = FUNCTIONS) -> CallClaim:
        """Answer the claim that is under way; return what it asked for."""
        call = self.one(CallClaim)
        known = {FunctionId(function.id): function for function in functions}
        left = tuple(tag for tag, most in call.wants if len(leases) >= most)
        self.does(self.core.claimed(Claim(leases, left=left), known, self.now))
        return call

    def hears_out(self) -> None:
        """Answer what takes the credit back, and have the listen return that it rings for."""
        for _ in self.take(CallHush):
            self.does(self.core.hushed(Hint(), self.now, NOTHING_BROUGHT))
        for _ in self.take(CallListen):
            self.does(self.core.hinted(Hint(work=True), self.now))

    def adopts(self, *leases: Leased | None) -> tuple[Attempt, ...]:
        """Answer the CallAdopt that is under way; return what it asked for."""
        call = self.one(CallAdopt)
        self.does(self.core.adopted(call, leases, self.now))
        return call.attempts

    def notes_starts(self, answer: Written = Written.RECORDED) -> tuple[Attempt, ...]:
        """Answer the CallStart that is under way."""
        call = self.one(CallStart)
        self.does(self.core.start_noted(call, [answer] * len(call.attempts), self.now))
        return call.attempts

    def records(self, answer: Written = Written.RECORDED) -> tuple[Completion | Defeat, ...]:
        """Answer the CallRecord that is under way; return what it wrote."""
        call = self.one(CallRecord)
        self.does(self.core.recorded(call, [answer] * len(call.records), self.now))
        return call.records

    def answers_routine(self) -> None:
        """Answer reaps with nothing, and forget what listens."""
        for _ in self.take(CallReap):
            self.does(self.core.reaped([], self.now))
        self.take(CallListen)

    def gives(self, *leases: Leased, session: Session | None = None) -> Session:
        """Have a worker with as much room join and get these tasks, through Orders."""
        self.tick()
        session = self.hello(window=len(leases), slots=len(leases), session=session)
        self.claims(*leases)
        if any(each.attempt.number > 1 for each in leases):
            self.notes_starts()
        return session

    def assigned(self) -> list[Attempt]:
        """Return, and forget, what was assigned in Orders."""
        return [each.attempt for orders in self.said(Orders) for each in orders.assign]
