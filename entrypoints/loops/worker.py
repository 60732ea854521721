"""The loop that drives a worker's core: uplink and executor in, effects out.

The same for local, push and pull. It decides nothing, and it never opens a payload.
"""

import asyncio
import logging
import os
import socket
from collections import deque
from collections.abc import Sequence

from ...domain.errors import GoferError, LinkClosed
from ...domain.function import Environment
from ...domain.identifiers import WorkerId
from ...domain.policy import Timers
from ...domain.ports import Began, Clock, Ended, Entropy, Executor, Point, Telemetry, Uplink
from ...domain.protocol.effects import (
    Execute,
    Kill,
    Note,
    Reset,
    Stop,
    TakeBack,
    Tell,
    WorkerEffect,
)
from ...domain.protocol.messages import Orders, Report, ToDispatcher, Welcome
from ...domain.protocol.worker import WorkerCore
from ..logs import LEVELS
from .alarm import Alarm

log = logging.getLogger("gofer.worker")

INCARNATION_BITS = 64
"""Random bits that tell one run of a worker from the next."""


HOST_CHARS = 256
"""So much of the host's name is shown."""


class WorkerRefused(GoferError):
    """The dispatcher will not have this worker, and says why."""


class Worker:
    """A running worker over an uplink and an executor."""

    def __init__(  # noqa: PLR0913, PLR0917 - one parameter a port
        self,
        worker: WorkerId,
        uplink: Uplink,
        executor: Executor,
        clock: Clock,
        entropy: Entropy,
        timers: Timers,
        environment: Environment,
        telemetry: Telemetry,
    ) -> None:
        """Take the ports; ``environment`` is what the executor's children can run."""
        self._uplink = uplink
        self._executor = executor
        self._clock = clock
        self._telemetry = telemetry
        self._core = WorkerCore(
            worker,
            f"{entropy.bits(INCARNATION_BITS):016x}",
            executor.slots,
            environment,
            timers,
            entropy.fraction,
            clock.steady_ms(),
            socket.gethostname()[:HOST_CHARS],
            os.getpid(),
        )
        self._alarm = Alarm()
        self._over = asyncio.Event()
        self._connected = asyncio.Event()
        self._refusal = ""

    async def run(self) -> None:
        """Work until a drain is over; executor and uplink are closed then.

        Raises WorkerRefused; a bug ends it with an ExceptionGroup. No child is left either way.
        """
        try:
            await self._executor.start()
            async with asyncio.TaskGroup() as readers:
                reads = (self._read_uplink, self._read_executor, self._keep_time)
                tasks = [readers.create_task(read()) for read in reads]
                self._perform(self._core.tick(self._clock.steady_ms()))
                await self._over.wait()
                for task in tasks:
                    task.cancel()
        finally:
            self._alarm.stop()
            await self._executor.close()
            await self._uplink.close()
        if self._refusal:
            raise WorkerRefused(self._refusal)

    async def connected(self) -> None:
        """Wait until a dispatcher has welcomed this worker for the first time."""
        await self._connected.wait()

    def drain(self) -> None:
        """Take nothing new, finish what runs, hand back the rest, and let ``run`` return."""
        self._telemetry.point(Point.WORKER_DRAINING)
        self._perform(self._core.drain(self._clock.steady_ms()))

    # ------------------------------------------------------------ events

    async def _read_uplink(self) -> None:
        try:
            while True:
                messages = await self._uplink.receive()
                assign = recorded = welcome = False
                for each in messages:
                    if isinstance(each, Orders):
                        assign = assign or bool(each.assign)
                        recorded = recorded or bool(each.recorded)
                    elif isinstance(each, Welcome):
                        welcome = True
                if welcome:
                    self._telemetry.point(Point.WELCOMED)
                if assign:
                    self._telemetry.point(Point.ORDERED)
                self._perform(self._core.received(messages, self._clock.steady_ms()))
                if recorded:
                    self._telemetry.point(Point.FORGOTTEN)
                if welcome and self._core.connected:
                    self._connected.set()
        except LinkClosed:
            self._over.set()

    async def _read_executor(self) -> None:
        while True:
            events = await self._executor.events()
            kinds = set(map(type, events))
            if Began in kinds:
                self._telemetry.point(Point.BEGAN)
            if Ended in kinds:
                self._telemetry.point(Point.ENDED)
            self._perform(self._core.executed(events, self._clock.steady_ms()))

    async def _keep_time(self) -> None:
        while True:
            await self._alarm.ring()
            self._perform(self._core.tick(self._clock.steady_ms()))

    # ------------------------------------------------------------ effects

    def _perform(self, effects: Sequence[WorkerEffect]) -> None:
        """Carry out effects, then those that follow from them: messages keep their order."""
        waiting = deque(effects)
        while waiting:
            waiting.extend(self._carry_out(waiting.popleft()))
        self._alarm.set(self._core.next_tick_ms(), self._clock.steady_ms())

    def _carry_out(self, effect: WorkerEffect) -> Sequence[WorkerEffect]:
        match effect:
            case Tell():
                self._tell(effect.message)
            case Execute():
                return self._execute(effect)
            case TakeBack():
                taken = self._executor.take_back(effect.attempts)
                if taken:
                    self._telemetry.point(Point.TAKEN_BACK)
                return self._core.taken_back(taken, self._clock.steady_ms())
            case Kill():
                self._executor.kill(effect.attempts)
                self._telemetry.point(Point.KILLED)
            case Reset():
                self._uplink.reset()
            case Note():
                log.log(LEVELS[effect.level], "%s", effect)
            case Stop():
                self._refusal = effect.error
                self._over.set()
        return ()

    def _tell(self, message: ToDispatcher) -> None:
        if not self._uplink.send(message):
            log.debug("the link takes no more: %s", type(message).__name__)
        if isinstance(message, Report) and message.finished:
            self._telemetry.point(Point.REPORTED)

    def _execute(self, effect: Execute) -> Sequence[WorkerEffect]:
        """Hand tasks to the executor; those whose function it has dropped are asked for anew."""
        if effect.functions:
            self._executor.learn(effect.functions)
        known = effect.assignments
        if not all(map(self._executor.knows, {a.digest for a in known})):
            known = tuple(a for a in known if self._executor.knows(a.digest))
        self._executor.execute(known)
        if known:
            self._telemetry.point(Point.EXECUTING)
        if len(known) == len(effect.assignments):
            return ()
        strangers = [a.attempt for a in effect.assignments if not self._executor.knows(a.digest)]
        return self._core.unrunnable(strangers, self._clock.steady_ms())
