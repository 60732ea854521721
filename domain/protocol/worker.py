"""The worker's core: hold, run, report, survive the dispatcher's absence. Events in, effects out.

The same core serves local, push and pull. It reads no clock (``now`` is a steady time in
milliseconds) and opens no payload. It must never forget an outcome that is not recorded, never
run an attempt twice, never begin one that may have been given to somebody else, and never let
one run on whose lease may be over.
"""

from collections.abc import Callable, Sequence
from math import inf

from ..errors import ProtocolViolation
from ..function import Environment
from ..identifiers import Attempt, Session, WorkerId
from ..output import Piece
from ..policy import Timers, round_after
from ..ports import Began, Ended, ExecutorEvent
from .conversation import Conversation
from .effects import Execute, Kill, Note, Reset, Stop, TakeBack, Tell, WorkerEffect
from .messages import PROTOCOL_VERSION, Bye, Hello, Orders, Refused, ToWorker, Unknown, Welcome
from .outbox import Outbox
from .satchel import Satchel
from .tenure import Tenure


class WorkerCore:
    """Decides everything that a worker does, over any uplink and any executor."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a worker is, said once
        self,
        worker: WorkerId,
        incarnation: str,
        slots: int,
        environment: Environment,
        timers: Timers,
        jitter: Callable[[], float],
        now: float,
        host: str = "",
        pid: int = 0,
    ) -> None:
        """Start unconnected. ``incarnation`` is random; ``jitter`` gives numbers in [0, 1)."""
        self._host, self._pid = host, pid
        self._worker = worker
        self._environment = environment
        self._timers = timers
        self._talk = Conversation(incarnation, timers.silence_ms, jitter, now)
        self._satchel = Satchel(slots)
        self._outbox = Outbox(worker, timers.started_ms)
        self._beat_ms = timers.beat_ms
        self._beat_at_ms = inf
        self._tenure = Tenure(timers)
        self._drain_by_ms = inf
        self._leave_by_ms = inf
        self._draining = False
        self._effects: list[WorkerEffect] = []

    # ------------------------------------------------------------ what others may see

    @property
    def connected(self) -> bool:
        """Return whether a dispatcher has welcomed this session."""
        return self._talk.connected

    @property
    def session(self) -> Session:
        """Return the session that is open or being opened."""
        return self._talk.session

    def held(self) -> list[Attempt]:
        """Return every attempt that waits, runs, or has an outcome that is not recorded."""
        return [*self._satchel.attempts(), *self._outbox.unrecorded()]

    def next_tick_ms(self) -> float:
        """Return when ``tick`` must be called at the latest."""
        due = self._leave_by_ms
        if self._satchel:
            due = min(self._tenure.doubt_ms, self._tenure.end_ms, self._drain_by_ms)
        if not self._talk.connected:
            return min(due, self._talk.hello_at_ms)
        due = min(due, self._talk.silent_at_ms, self._beat_at_ms, self._outbox.flush_at_ms)
        return min(due, self._satchel.review_at_ms)

    # ------------------------------------------------------------ events

    def received(
        self, messages: Sequence[ToWorker | ProtocolViolation], now: float
    ) -> list[WorkerEffect]:
        """Read what the dispatcher sent."""
        for message in messages:
            if isinstance(message, ProtocolViolation):
                self._note("warning", f"dropped a message: {message}")
            elif message.session is self._talk.session or message.session == self._talk.session:
                self._on_message(message, now)
        return self._step(now)

    def executed(self, events: Sequence[ExecutorEvent], now: float) -> list[WorkerEffect]:
        """Take what the executor saw."""
        for event in events:
            match event:
                case Began() if self._satchel.began(event.attempt, now - event.ago_ms):
                    self._outbox.began(event.attempt, now - event.ago_ms)
                case Ended() if self._satchel.ended(event.attempt, event.outcome):
                    self._outbox.ended(event.attempt, event.outcome)
                case Piece() if self._satchel.has(event.attempt):
                    self._outbox.show(event)
                case _:
                    self._note("debug", f"late news of {event.attempt}, which is not held")
        return self._step(now)

    def taken_back(self, attempts: Sequence[Attempt], now: float) -> list[WorkerEffect]:
        """Hand back what the executor had not begun."""
        for attempt in attempts:
            if self._satchel.drop(attempt):
                self._outbox.returned(attempt)
        return self._step(now)

    def unrunnable(self, attempts: Sequence[Attempt], now: float) -> list[WorkerEffect]:
        """Let go of attempts whose function the executor does not have; hello brings it anew."""
        self._new_session(now)
        for attempt in attempts:
            if self._satchel.drop(attempt):
                self._outbox.returned(attempt)
        return self._step(now)

    def tick(self, now: float) -> list[WorkerEffect]:
        """Do what is due."""
        return self._step(now)

    def drain(self, now: float) -> list[WorkerEffect]:
        """Take nothing new, hand back what waits, finish what runs within ``drain_ms``, leave."""
        if not self._draining:
            self._draining = True
            self._drain_by_ms = now + self._timers.drain_ms
            self._leave_by_ms = self._drain_by_ms + self._timers.silence_ms
            self._satchel.close()
            self._take_back(self._satchel.waiting())
        return self._step(now)

    # ------------------------------------------------------------ messages

    def _on_message(self, message: ToWorker, now: float) -> None:
        self._talk.heard_ms = now
        match message:
            case Welcome():
                self._on_welcome(message, now)
            case Orders():
                self._on_orders(message, now)
            case Unknown():
                self._note("info", "the dispatcher does not know this session: saying hello anew")
                self._new_session(now)
            case Refused(final=True):
                self._stop(f"the dispatcher refuses this worker: {message.reason}")
            case Refused():
                self._note("warning", f"refused for now: {message.reason}")

    def _on_welcome(self, welcome: Welcome, now: float) -> None:
        opens = self._talk.opens(welcome)
        if opens is False:
            self._note("info", "the dispatcher has opened this session twice")
            self._new_session(now)
        if not opens:
            return
        self._beat_ms = welcome.beat_ms
        self._tenure.begins(self._talk.hello_sent_ms, welcome.lease_ms)
        self._note("info", f"connected as {self._worker}, session {self.session}")
        self._abandon(welcome.drop)
        self._outbox.open(self.session, now, self._satchel.running())
        self._beat_at_ms = round_after(now, self._beat_ms)

    def _on_orders(self, orders: Orders, now: float) -> None:
        follows = self._talk.follows(orders)
        if follows is False:
            self._note("info", "orders were lost: saying hello anew")
            self._new_session(now)
        if not follows:
            return
        heard_ms = self._outbox.heard(orders.echo)
        since_ms = self._talk.hello_sent_ms if heard_ms is None else heard_ms
        self._tenure.lasts(since_ms, orders.lease_ms)
        if orders.recorded:
            self._outbox.recorded(orders.recorded)
        if orders.cancel:
            self._abandon(orders.cancel)
        if orders.assign and not self._tenure.allows(now):
            self._note("info", "orders came too late to be trusted: saying hello anew")
            self._new_session(now)
            return
        fresh = [a for a in orders.assign if self._satchel.put(a.attempt)]
        if orders.functions or fresh:
            self._effects.append(Execute(orders.functions, tuple(fresh)))
        if self._draining:
            self._take_back([a.attempt for a in fresh])

    def _abandon(self, attempts: Sequence[Attempt]) -> None:
        """Stop and forget attempts that are not ours (any more)."""
        running = tuple(attempt for attempt in attempts if self._satchel.drop(attempt))
        if running:
            self._effects.append(Kill(running))
        for attempt in attempts:
            self._outbox.forget(attempt)

    def _take_back(self, attempts: Sequence[Attempt]) -> None:
        if attempts:
            self._effects.append(TakeBack(tuple(attempts)))

    # ------------------------------------------------------------ connecting

    def _new_session(self, now: float) -> None:
        self._talk.renew(now)
        self._outbox.epoch_raised()

    def _hello(self, now: float) -> None:
        if self._talk.ask(now):
            self._outbox.epoch_raised()
        hello = Hello(
            protocol=PROTOCOL_VERSION,
            worker=self._worker,
            session=self.session,
            slots=self._satchel.slots,
            window=self._satchel.window(now),
            environment=self._environment,
            held=tuple(self.held()),
            returned=self._outbox.handed_back(),
            read=self._talk.read,
            host=self._host,
            pid=self._pid,
            takes_source=True,
        )
        self._effects.append(Tell(hello))

    # ------------------------------------------------------------ time

    def _step(self, now: float) -> list[WorkerEffect]:
        """Follow an event up: mind the leases, speak, and hand back what waits too long."""
        if now >= self._tenure.end_ms and self._satchel:
            self._cut_off(now)
        if now >= self._tenure.doubt_ms:
            self._tenure.doubted()
            self._take_back(self._satchel.waiting())
        if self._talk.connected and now >= self._talk.silent_at_ms:
            self._note("warning", "the dispatcher is silent: connecting anew")
            self._effects.append(Reset())
            self._new_session(now)
        if self._draining and now >= self._drain_by_ms and self._satchel:
            self._give_back()
        if self._talk.connected:
            if now >= self._satchel.review_at_ms:
                self._take_back(self._satchel.surplus(now))
            self._report(now)
        elif now >= self._talk.hello_at_ms:
            self._hello(now)
        if self._draining and not self._satchel:
            self._leave(now)
        effects, self._effects = self._effects, []
        return effects

    def _report(self, now: float) -> None:
        window = self._satchel.window(now)
        if now >= self._beat_at_ms or self._outbox.due(now, window):
            self._effects += map(Tell, self._outbox.reports(now, window))
            self._beat_at_ms = round_after(now, self._beat_ms)

    def _cut_off(self, now: float) -> None:
        """Stop everything that runs: its leases may be over, and somebody else may run it."""
        attempts = self._satchel.clear()
        self._note("warning", f"cut off for too long: stopping {len(attempts)} tasks")
        self._effects.append(Kill(tuple(attempts)))
        self._new_session(now)

    def _give_back(self) -> None:
        """Stop what a drain's time was too short for, and hand it back."""
        running = {attempt for attempt, _ in self._satchel.running()}
        attempts = self._satchel.clear()
        self._note("warning", f"drain is over: handing {len(attempts)} tasks back")
        self._effects.append(Kill(tuple(attempts)))
        for attempt in attempts:
            self._outbox.returned(attempt, begun=attempt in running)

    def _leave(self, now: float) -> None:
        """Say goodbye once everything is recorded, or when that takes too long."""
        if not self._outbox.empty and now < self._leave_by_ms:
            return
        if self._talk.connected:
            unrecorded = tuple(self._outbox.unrecorded())
            self._effects.append(Tell(Bye(self._worker, self.session, unrecorded)))
        self._stop("")

    def _stop(self, error: str) -> None:
        """Be quiet from now on."""
        self._talk.connected = False
        self._talk.hello_at_ms = self._leave_by_ms = inf
        self._effects.append(Stop(error))

    def _note(self, level: str, text: str) -> None:
        self._effects.append(Note(level, text))
