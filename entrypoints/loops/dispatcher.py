"""The loop that drives the dispatcher's core: link and store in, effects out.

It decides nothing. One store call of each kind is under way at a time (the core sees to that),
and whatever arrives meanwhile goes with the next one.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import assert_never

from ...domain.errors import LinkClosed, StoreUnavailable
from ...domain.policy import CARRIED_BYTES, Timers
from ...domain.ports import (
    Clock,
    Entropy,
    FromWorker,
    FunctionStore,
    Link,
    OutputStore,
    Point,
    TaskStore,
    Telemetry,
    WorkerStore,
)
from ...domain.protocol.dispatcher import DispatcherCore
from ...domain.protocol.effects import (
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
    Forget,
    Note,
    Send,
    StoreCall,
    TaskCall,
    ViewCall,
)
from ...domain.protocol.messages import Orders, Report
from ..logs import LEVELS
from .alarm import Alarm
from .carriers import Carriers
from .tasks_in import TasksIn

log = logging.getLogger("gofer.dispatcher")


class Dispatcher:
    """A running dispatcher over a store and a link."""

    def __init__(  # noqa: PLR0913 - one parameter a port
        self,
        *,
        tasks: TaskStore,
        functions: FunctionStore,
        link: Link,
        clock: Clock,
        entropy: Entropy,
        timers: Timers,
        telemetry: Telemetry,
        owner: str,
        mode: str,
        workers: WorkerStore,
        output: OutputStore,
        timeout_ms: int | None = None,
        carried_bytes: int = CARRIED_BYTES,
    ) -> None:
        """Take the ports; ``owner`` names this dispatcher in the store, uniquely.

        ``mode`` is local, push or pull: it is shown with the workers.

        ``timeout_ms`` bounds the run of tasks that name no bound of their own; ``carried_bytes``
        is the largest function with its arguments that the link carries.
        """
        self._tasks = tasks
        self._link = link
        self._clock = clock
        self._timers = timers
        self._telemetry = telemetry
        self._owner = owner
        self._mode = mode
        self._workers = workers
        self._output = output
        self._core = DispatcherCore(timers, entropy.fraction, clock.steady_ms(), carried_bytes)
        self._tasks_in = TasksIn(
            self._core,
            tasks,
            functions,
            clock=clock,
            entropy=entropy,
            telemetry=telemetry,
            owner=owner,
            lease_ms=timers.lease_ms,
            timeout_ms=timeout_ms,
        )
        self._alarm = Alarm()
        self._over = asyncio.Event()
        self._carriers = Carriers(self._carry_out)
        self._deadline: asyncio.TimerHandle | None = None
        self._away = False

    async def run(self) -> None:
        """Dispatch until a drain is over; the link is closed then, the store is not.

        A bug ends it with an ExceptionGroup: leases and workers outlive a dispatcher.
        """
        try:
            async with self._carriers, asyncio.TaskGroup() as readers:
                tasks = [readers.create_task(read()) for read in (self._read, self._keep_time)]
                self._perform(self._core.tick(self._clock.steady_ms()))
                await self._over.wait()
                self._carriers.stop()
                for task in tasks:
                    task.cancel()
        finally:
            self._alarm.stop()
            if self._deadline is not None:
                self._deadline.cancel()
            await self._link.close()

    def drain(self) -> None:
        """Take no more tasks, write down what is known, and let ``run`` return.

        Workers are left alone: the next dispatcher adopts what they run. A store that stays away
        cannot keep it for ever: leases bring back what could not be written.
        """
        self._telemetry.point(Point.DISPATCHER_DRAINING)
        self._perform(self._core.drain(self._clock.steady_ms()))
        patience_ms = self._timers.drain_ms + self._timers.silence_ms
        self._deadline = asyncio.get_running_loop().call_later(patience_ms / 1000, self._give_up)

    def _give_up(self) -> None:
        log.warning("leaving although not everything could be written to the store")
        self._over.set()

    # ------------------------------------------------------------ events

    async def _read(self) -> None:
        try:
            while True:
                arrivals = await self._link.receive()
                if any(map(_brings_outcomes, arrivals)):
                    self._telemetry.point(Point.RECEIVED)
                self._perform(self._core.received(arrivals, self._clock.steady_ms()))
        except LinkClosed:
            self._over.set()

    async def _keep_time(self) -> None:
        while True:
            await self._alarm.ring()
            self._perform(self._core.tick(self._clock.steady_ms()))

    # ------------------------------------------------------------ effects

    def _perform(self, effects: Sequence[DispatcherEffect]) -> None:
        waiting = deque(effects)
        while waiting:
            effect = waiting.popleft()
            match effect:
                case Send():
                    if not self._send(effect) and effect.worker is not None:
                        now = self._clock.steady_ms()
                        waiting.extend(self._core.undeliverable(effect.worker, now))
                case Forget():
                    self._link.forget(effect.peer)
                case Note():
                    if log.isEnabledFor(level := LEVELS[effect.level]):
                        log.log(level, "%s", effect)
                case _:
                    self._carriers.carry(effect)
        if self._core.drained:
            self._over.set()
        now = self._clock.steady_ms()
        self._alarm.set(self._core.next_tick_ms(now), now)

    def _send(self, effect: Send) -> bool:
        """Hand a message to the link; False if it will not have it."""
        message = effect.message
        if not isinstance(message, Orders):
            return self._link.send(effect.peer, message)
        if message.assign:
            self._telemetry.point(Point.SENDING)
        taken = self._link.send(effect.peer, message)
        if message.assign:
            self._telemetry.point(Point.SENT)
        if message.recorded:
            self._telemetry.point(Point.ACKNOWLEDGED)
        return taken

    async def _carry_out(self, call: StoreCall) -> None:
        try:
            if isinstance(call, CallMuster | CallShow):
                effects = await self._view(call)
            else:
                effects = await self._ask(call)
        except StoreUnavailable as error:
            # once aloud: each kind of call fails every few seconds for as long as it is away
            level = logging.DEBUG if self._away else logging.WARNING
            log.log(level, "%s (%s)", error, type(call).__name__.removeprefix("Call").lower())
            self._away = True
            effects = self._core.failed(call, self._clock.steady_ms())
        else:
            if self._away:
                log.info("the store answers again")
            self._away = False
        self._perform(effects)

    async def _view(self, call: ViewCall) -> list[DispatcherEffect]:
        """Make one call that only shows something, and return what follows from its answer."""
        if isinstance(call, CallShow):
            await self._output.show(call.pieces)
            return self._core.shown(self._clock.steady_ms())
        wishes = await self._workers.muster(self._owner, self._mode, call.sightings)
        return self._core.mustered(wishes, self._clock.steady_ms())

    async def _ask(self, call: TaskCall) -> list[DispatcherEffect]:
        """Make one call about tasks, and return what follows from its answer."""
        core, tasks, now = self._core, self._tasks, self._clock.steady_ms
        lease_ms = self._timers.lease_ms
        match call:
            case CallListen():
                effects = await self._tasks_in.listen(call)
            case CallRecord():
                answers = await tasks.complete(call.completions) if call.completions else []
                answers += await tasks.fail(call.defeats) if call.defeats else []
                self._telemetry.point(Point.RECORDED)
                effects = core.recorded(call, answers, now())
            case CallClaim() | CallHush() | CallAudit():
                effects = await self._tasks_in.ask(call)
            case CallStart():
                noted = await tasks.start(call.attempts, call.workers)
                self._telemetry.point(Point.STARTED)
                effects = core.start_noted(call, noted, now())
            case CallRenew():
                lost = await tasks.renew(call.attempts, lease_ms)
                self._telemetry.point(Point.RENEWED)
                effects = core.renewed(lost, now())
            case CallAdopt():
                leases = await tasks.adopt(self._owner, call.attempts, lease_ms)
                self._telemetry.point(Point.ADOPTED)
                effects = core.adopted(call, leases, now())
            case CallRelease():
                await tasks.release(call.attempts, call.delay_ms, call.reason)
                self._telemetry.point(Point.RELEASED)
                effects = core.released(call, now())
            case CallReap():
                expired = await tasks.reap(call.limit)
                if expired:
                    self._telemetry.point(Point.REAPED)
                effects = core.reaped(expired, now())
            case _:
                assert_never(call)
        return effects


def _brings_outcomes(arrival: FromWorker) -> bool:
    return isinstance(arrival.message, Report) and bool(arrival.message.finished)
