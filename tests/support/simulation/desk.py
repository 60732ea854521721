"""The store as dispatchers meet it: answers come late, or not at all, done or not done."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random

from gofer.adapters.memory.store import MemoryStore
from gofer.domain.identifiers import FunctionId, TaskId
from gofer.domain.policy import Timers
from gofer.domain.ports import Cancelled, Hint, Submitted
from gofer.domain.protocol.dispatcher import DispatcherCore
from gofer.domain.protocol.effects import (
    CallAdopt,
    CallClaim,
    CallListen,
    CallReap,
    CallRecord,
    CallRelease,
    CallRenew,
    CallStart,
    DispatcherEffect,
    StoreCall,
)
from gofer.domain.task import NewTask
from tests.support.simulation.coroutines import drive
from tests.support.simulation.referee import Referee
from tests.support.simulation.timeline import Timeline

Answer = Callable[[DispatcherCore, float], list[DispatcherEffect]]
"""What an answer does to the core that asked, at a local time."""

DONE_BUT_UNANSWERED = 0.4
"""The share of refused calls that are carried out all the same."""


@dataclass(slots=True)
class StoreClock:
    """The store's own time: it is the true time here, from which the nodes' clocks drift."""

    timeline: Timeline

    def unix_ms(self) -> int:
        """Return milliseconds since 1970."""
        return 1_700_000_000_000 + int(self.timeline.now)

    def steady_ms(self) -> float:
        """Return milliseconds since the beginning."""
        return self.timeline.now


class Desk:
    """Carries out the dispatchers' calls on the one store, and has the referee look."""

    def __init__(
        self, store: MemoryStore, timers: Timers, referee: Referee, chance: Random
    ) -> None:
        self._store = store
        self._timers = timers
        self._referee = referee
        self._chance = chance
        self._listeners: dict[str, Callable[[Answer], None]] = {}
        self.down = False

    # ------------------------------------------------------------ clients

    def submit(self, task: NewTask) -> None:
        """Submit a task: never refused, because a client would simply try again."""
        assert drive(self._store.submit([task])) == [Submitted.NEW]
        self._look([task.id])

    def cancel(self, task_id: TaskId) -> Cancelled:
        """Cancel a task."""
        (answer,) = drive(self._store.cancel([task_id]))
        self._look([task_id])
        return answer

    # ------------------------------------------------------------ dispatchers

    def ask(self, owner: str, call: StoreCall) -> Answer:
        """Carry out a call (any but CallListen) now; return what to tell who asked."""
        if not self.down:
            return self._carry_out(owner, call)
        if self._chance.random() < DONE_BUT_UNANSWERED:
            if isinstance(call, CallRecord) and self._chance.random() < 0.5:
                self._carry_out(owner, CallRecord(call.completions, ()))
            else:
                self._carry_out(owner, call)
        return lambda core, now: core.failed(call, now)

    def listen(self, owner: str, call: CallListen, reply: Callable[[Answer], None]) -> None:
        """Have ``reply`` called with a hint as soon as there is one."""
        if self.down:
            reply(lambda core, now: core.failed(call, now))
        else:
            self._listeners[owner] = reply
            self._ring()

    def time_is_up(self, owner: str, reply: Callable[[Answer], None]) -> None:
        """End a wait that nothing has ended yet."""
        if self._listeners.get(owner) is reply:
            del self._listeners[owner]
            reply(lambda core, now: core.hinted(Hint(), now))

    def _ring(self) -> None:
        if self.down:
            return
        for owner, reply in list(self._listeners.items()):
            hint = drive(self._store.listen(owner, 0))
            if hint != Hint():
                del self._listeners[owner]
                reply(_hinting(hint))

    def _look(self, touched: Iterable[TaskId]) -> None:
        self._referee.looked(touched)
        self._ring()

    def _carry_out(self, owner: str, call: StoreCall) -> Answer:
        match call:
            case CallClaim():
                answer = self._claim(owner, call)
            case CallRecord():
                answer = self._record(call)
            case CallReap():
                reaped = drive(self._store.reap(call.limit))
                self._look([each.attempt.task_id for each in reaped])
                return lambda core, now: core.reaped(reaped, now)
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
                noted = drive(self._store.start(call.attempts))
                return lambda core, now: core.start_noted(call, noted, now)
            case CallRenew():
                lost = drive(self._store.renew(call.attempts, lease_ms))
                return lambda core, now: core.renewed(lost, now)
            case CallAdopt():
                leases = drive(self._store.adopt(owner, call.attempts, lease_ms))
                return lambda core, now: core.adopted(call, leases, now)
            case CallRelease():
                drive(self._store.release(call.attempts, call.delay_ms, call.reason))
                return lambda core, now: core.released(call, now)

    def _claim(self, owner: str, call: CallClaim) -> Answer:
        token = f"{self._chance.getrandbits(64):x}"
        claim = drive(self._store.claim(owner, token, call.limit, self._timers.lease_ms))
        wanted = list(dict.fromkeys(leased.function_id for leased in claim.tasks))
        found = drive(self._store.fetch(wanted))
        functions = {FunctionId(each.id): each for each in found if each is not None}
        for leased in claim.tasks:
            self._referee.leased(leased.attempt)
        self._look([leased.attempt.task_id for leased in claim.tasks])
        return lambda core, now: core.claimed(call, claim, functions, now)

    def _record(self, call: CallRecord) -> Answer:
        answers = drive(self._store.complete(call.completions))
        answers += drive(self._store.fail(call.defeats))
        self._look([record.attempt.task_id for record in call.records])
        return lambda core, now: core.recorded(call, answers, now)


def _hinting(hint: Hint) -> Answer:
    return lambda core, now: core.hinted(hint, now)
