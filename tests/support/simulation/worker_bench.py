"""A worker's core on a bench: what arrives and when is up to the test."""

from collections.abc import Sequence
from itertools import count
from typing import TypeVar

from gofer.domain.errors import ProtocolViolation
from gofer.domain.identifiers import Attempt
from gofer.domain.policy import Timers
from gofer.domain.protocol.effects import Execute, Tell, WorkerEffect
from gofer.domain.protocol.messages import (
    Assignment,
    FunctionBody,
    Hello,
    Orders,
    ToWorker,
    Welcome,
)
from gofer.domain.protocol.worker import WorkerCore
from tests.support.simulation.benches import FUNCTION, WORKER, Effects
from tests.support.simulation.plan import ENVIRONMENTS

E = TypeVar("E")


class WorkerBench(Effects):
    """A worker's core, its dispatcher's messages and its executor's events."""

    def __init__(self, slots: int = 1, timers: Timers | None = None) -> None:
        super().__init__()
        self.now = 0.0
        self.timers = timers or Timers()
        self._serials = count(1)
        self._hello: Hello
        self.core = WorkerCore(
            WORKER, "w1.1", slots, ENVIRONMENTS[0], self.timers, lambda: 0.0, self.now
        )

    def does(self, effects: Sequence[WorkerEffect]) -> None:
        """Keep effects to be looked at."""
        self.waiting += effects

    def tick(self, after_ms: float = 0.0) -> None:
        """Let time pass, then tick."""
        self.now += after_ms
        self.does(self.core.tick(self.now))

    def live(self, for_ms: float) -> int:
        """Tick whenever the core wants to; return how often it did."""
        until, ticks = self.now + for_ms, 0
        while (due := self.core.next_tick_ms()) <= until:
            self.now = max(self.now, due)
            self.tick()
            ticks += 1
            assert self.core.next_tick_ms() > self.now, "it spins"
        self.now = until
        return ticks

    def hears(self, *messages: ToWorker | ProtocolViolation) -> None:
        """Have messages arrive."""
        self.does(self.core.received(messages, self.now))

    def welcome(self, *, lease_ms: int = 25_000, drop: Sequence[Attempt] = ()) -> Hello:
        """Answer the last Hello; return it, if the test has not taken it before."""
        self.tick()
        for hello in self.told(Hello):
            self._hello = hello
        self._serials = count(1)
        self.hears(Welcome(self.core.session, lease_ms, self.timers.beat_ms, tuple(drop)))
        return self._hello

    def orders(
        self,
        *attempts: Attempt,
        recorded: Sequence[Attempt] = (),
        cancel: Sequence[Attempt] = (),
        echo: int = 0,
        lease_ms: int = 30_000,
        serial: int | None = None,
    ) -> Orders:
        """Have Orders arrive that assign these attempts."""
        orders = Orders(
            session=self.core.session,
            serial=next(self._serials) if serial is None else serial,
            echo=echo,
            lease_ms=lease_ms,
            functions=(FunctionBody(FUNCTION.digest, FUNCTION.payload),) if attempts else (),
            assign=tuple(Assignment(each, FUNCTION.digest, b"args") for each in attempts),
            recorded=tuple(recorded),
            cancel=tuple(cancel),
        )
        self.hears(orders)
        return orders

    def told(self, kind: type[E]) -> list[E]:
        """Return, and forget, the messages of a kind that were told."""
        messages: list[object] = [e.message for e in self.waiting if isinstance(e, Tell)]
        found = [message for message in messages if isinstance(message, kind)]
        self.waiting = [
            effect
            for effect in self.waiting
            if not (isinstance(effect, Tell) and isinstance(effect.message, kind))
        ]
        return found

    def executes(self) -> list[Attempt]:
        """Return, and forget, what was given to the executor."""
        return [each.attempt for effect in self.take(Execute) for each in effect.assignments]
