"""The store as dispatchers meet it: answers come late, or not at all, done or not done."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from random import Random

from gofer.domain.function import Function
from gofer.domain.identifiers import FunctionId, TaskId, uuid7
from gofer.domain.policy import Timers
from gofer.domain.ports import Cancelled, Credit, Hint, Leased, Submitted
from gofer.domain.protocol.dispatcher import DispatcherCore
from gofer.domain.protocol.effects import (
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
    StoreCall,
)
from gofer.domain.task import NewTask
from tests.support.simulation.auditor import Auditor
from tests.support.simulation.coroutines import drive
from tests.support.simulation.watched import WatchedStore

Answer = Callable[[DispatcherCore, float], list[DispatcherEffect]]
"""What an answer does to the core that asked, at a local time."""

DONE_BUT_UNANSWERED = 0.4
"""The share of refused calls that are carried out all the same."""

OTHER = TaskId(uuid7(2_000, 0))
"""The id of every repeated request, under which no task may ever be recorded."""

LOST_ANSWERS = 0.5
"""The share of answers that are lost while the store is mute."""

OP_TIMEOUT_MS = 2_000.0
"""How long a caller waits for an answer: the redis adapter's own patience."""


class Unanswered(Exception):
    """The store refused, or did as it was told and could not say so."""


class Desk:
    """Carries out calls on the one store, and has the auditor look.

    ``down`` and ``mute`` count the outages, and the losses of answers, that are going on.
    """

    def __init__(
        self,
        store: WatchedStore,
        timers: Timers,
        auditor: Auditor,
        chance: Random,
        counts: Counter[str],
    ) -> None:
        self._store = store
        self._timers = timers
        self._auditor = auditor
        self._chance = chance
        self._counts = counts
        self._listeners: dict[str, Callable[[Answer], None]] = {}
        self._credits: dict[str, float] = {}
        self.down = 0
        self.mute = 0

    # ------------------------------------------------------------ clients

    def submit(self, task: NewTask) -> None:
        """Submit a task; raise Unanswered, after which a client must try again.

        The service makes a new id for every request: one that is repeated is known by its key.
        """
        if self.down:
            self._counts["calls refused"] += 1
            raise Unanswered
        is_repeated = task.idempotency is not None and self._auditor.is_there(task.id)
        (answer,) = drive(self._store.submit([task._replace(id=OTHER) if is_repeated else task]))
        self._auditor.submitted(task.id, answer)
        record = self._store.record(task.id)
        if answer is Submitted.NEW and record is not None and record.attempt is not None:
            self._counts["tasks handed over"] += 1
            self._auditor.leased(record.attempt)
        self._look([task.id])
        self._perhaps_mute()

    def cancel(self, task_id: TaskId) -> Cancelled:
        """Cancel a task; raise Unanswered."""
        if self.down:
            self._counts["calls refused"] += 1
            raise Unanswered
        (answer,) = drive(self._store.cancel([task_id]))
        self._look([task_id])
        self._perhaps_mute()
        return answer

    def _perhaps_mute(self) -> None:
        if self.mute and self._chance.random() < LOST_ANSWERS:
            self._counts["answers lost"] += 1
            raise Unanswered

    # ------------------------------------------------------------ dispatchers

    def ask(self, owner: str, call: StoreCall, chance: Random) -> tuple[Answer, float]:
        """Carry out a call (any but CallListen) now; return what to tell who asked, and how late.

        An answer that is lost is told as a failure, once the caller's patience is over.
        """
        if self.down:
            self._counts["calls refused"] += 1
            if chance.random() < DONE_BUT_UNANSWERED:
                self._counts["calls refused and done"] += 1
                self._carry_out_some(owner, call)
            return (lambda core, now: core.failed(call, now)), 0.0
        answer = self._carry_out(owner, call)
        if self.mute and chance.random() < LOST_ANSWERS:
            self._counts["answers lost"] += 1
            return (lambda core, now: core.failed(call, now)), OP_TIMEOUT_MS
        return answer, 0.0

    def _carry_out_some(self, owner: str, call: StoreCall) -> None:
        if isinstance(call, CallRecord) and self._chance.random() < 0.5:
            self._carry_out(owner, CallRecord(call.completions, ()))
        else:
            self._carry_out(owner, call)

    def listen(
        self, owner: str, call: CallListen, since: float, reply: Callable[[Answer], None]
    ) -> None:
        """Have ``reply`` called with a hint once there is one; ``since`` is local time."""
        if self.down:
            reply(lambda core, now: core.failed(call, now))
            return
        credit = None
        if call.wants:
            token = f"{self._chance.getrandbits(64):x}"
            credit = Credit(token, dict(call.wants), self._timers.lease_ms)
            self._credits[token] = since
        hint = drive(self._store.listen(owner, 0, credit))
        if hint == Hint():
            self._listeners[owner] = reply
        else:
            self._hint(call, hint, reply)

    def time_is_up(self, owner: str, reply: Callable[[Answer], None]) -> None:
        """End a wait that nothing has ended yet."""
        if self._listeners.get(owner) is reply:
            del self._listeners[owner]
            reply(lambda core, now: core.hinted(Hint(), now))

    def fall(self) -> None:
        """Begin an outage: whoever listens hears of it."""
        self.down += 1
        for owner, reply in list(self._listeners.items()):
            del self._listeners[owner]
            reply(lambda core, now: core.failed(CallListen(0.0), now))

    def rise(self) -> None:
        """End an outage."""
        self.down -= 1
        self._ring()

    def speak(self) -> None:
        """End a time in which answers are lost."""
        self.mute -= 1

    def _ring(self) -> None:
        if self.down:
            return
        for owner, reply in list(self._listeners.items()):
            if self._store.has_hint(owner):
                hint = drive(self._store.listen(owner, 0))
                del self._listeners[owner]
                self._hint(CallListen(0.0), hint, reply)

    def _hint(self, call: CallListen, hint: Hint, reply: Callable[[Answer], None]) -> None:
        """Tell what there is; tasks that go with a lost answer wait for the end of their leases."""
        if hint.tasks and self.mute and self._chance.random() < LOST_ANSWERS:
            self._counts["answers lost"] += 1
            reply(lambda core, now: core.failed(call, now))
            return
        brought = self._brought(hint)
        reply(lambda core, now: core.hinted(hint, now, brought))

    def _brought(self, hint: Hint) -> Brought:
        if not hint.tasks:
            return NOTHING_BROUGHT
        since = min(self._credits[leased.attempt.token] for leased in hint.tasks)
        return Brought(self._fetch(hint.tasks), since)

    def _fetch(self, tasks: Sequence[Leased]) -> dict[FunctionId, Function]:
        wanted = list(dict.fromkeys(leased.function_id for leased in tasks))
        found = drive(self._store.fetch(wanted))
        return {FunctionId(each.id): each for each in found if each is not None}

    def _look(self, touched: Iterable[TaskId]) -> None:
        self._auditor.looked(touched)
        self._ring()

    def _carry_out(self, owner: str, call: StoreCall) -> Answer:
        match call:
            case CallClaim():
                answer = self._claim(owner, call)
            case CallRecord():
                answer = self._record(call)
            case CallReap():
                reaped = drive(self._store.reap(call.limit))
                for each in reaped:
                    self._auditor.reaped(each.attempt)
                self._look([each.attempt.task_id for each in reaped])
                return lambda core, now: core.reaped(reaped, now)
            case CallMuster():
                wishes = drive(self._store.workers.muster(owner, "push", call.sightings))
                return lambda core, now: core.mustered(wishes, now)
            case CallShow():
                drive(self._store.output.show(call.pieces))
                return lambda core, now: core.shown(now)
            case CallHush():
                hint = drive(self._store.hush(owner))
                brought = self._brought(hint)
                self._ring()
                return lambda core, now: core.hushed(hint, now, brought)
            case CallAudit():
                leased = drive(self._store.leased(owner))
                return lambda core, now: core.audited(leased, now)
            case CallListen():
                raise AssertionError("listening is not answered at once")
            case _:
                answer = self._on_attempts(owner, call)
                self._look([attempt.task_id for attempt in call.attempts])
        return answer

    def _on_attempts(
        self, owner: str, call: CallStart | CallRenew | CallAdopt | CallRelease
    ) -> Answer:
        lease_ms = self._timers.lease_ms
        match call:
            case CallStart():
                noted = drive(self._store.start(call.attempts, call.workers))
                return lambda core, now: core.start_noted(call, noted, now)
            case CallRenew():
                lost = drive(self._store.renew(call.attempts, lease_ms))
                self._auditor.confirmed(set(call.attempts).difference(lost))
                return lambda core, now: core.renewed(lost, now)
            case CallAdopt():
                leases = drive(self._store.adopt(owner, call.attempts, lease_ms))
                self._auditor.confirmed(each.attempt for each in leases if each is not None)
                return lambda core, now: core.adopted(call, leases, now)
            case CallRelease():
                drive(self._store.release(call.attempts, call.delay_ms, call.reason))
                return lambda core, now: core.released(call, now)

    def _claim(self, owner: str, call: CallClaim) -> Answer:
        token = f"{self._chance.getrandbits(64):x}"
        claim = drive(self._store.claim(owner, token, dict(call.wants), self._timers.lease_ms))
        functions = self._fetch(claim.tasks)
        for leased in claim.tasks:
            self._auditor.leased(leased.attempt)
        self._look([leased.attempt.task_id for leased in claim.tasks])
        return lambda core, now: core.claimed(claim, functions, now)

    def _record(self, call: CallRecord) -> Answer:
        answers = drive(self._store.complete(call.completions))
        defeats = drive(self._store.fail(call.defeats))
        self._auditor.defeated(zip(call.defeats, defeats, strict=True))
        answers += defeats
        self._look([record.attempt.task_id for record in call.records])
        return lambda core, now: core.recorded(call, answers, now)
