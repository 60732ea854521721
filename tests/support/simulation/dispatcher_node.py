"""A dispatcher in a simulation: the real core, a store that may be away, a faulty link."""

from collections.abc import Iterable
from random import Random

from gofer.domain.identifiers import WorkerId
from gofer.domain.ports import FromWorker
from gofer.domain.protocol.dispatcher import DispatcherCore
from gofer.domain.protocol.effects import (
    CallListen,
    CallMuster,
    CallShow,
    DispatcherEffect,
    Forget,
    Note,
    Send,
    StoreCall,
)
from gofer.domain.protocol.messages import Orders, ToDispatcher
from tests.support.simulation.desk import Answer, Desk
from tests.support.simulation.nodes import Ground, Node
from tests.support.simulation.worker_node import Send as Carry


class DispatcherNode(Node):
    """Carries out what the dispatcher's core wants."""

    core: DispatcherCore

    def __init__(
        self, name: str, ground: Ground, desk: Desk, carry: Carry, core_type: type[DispatcherCore]
    ) -> None:
        super().__init__(name, ground)
        self._desk = desk
        self._carry = carry
        self._core_type = core_type
        self._draining = False
        self._aside = Random(name)
        """What befalls calls that only show something: they leave what happens to tasks alone."""

    # ------------------------------------------------------------ life

    def boot(self) -> None:
        """Start without a worker and without a task."""
        self._draining = False
        ground = self.ground
        self.core = self._core_type(ground.plan.timers, ground.chance.random, self.now())
        self.tick(self.now())

    def drain(self) -> None:
        """Ask the dispatcher to leave."""

        def leave() -> None:
            self.ground.story.tell(self.name, "is asked to leave")
            self._draining = True
            self._follow(self.core.drain(self.now()))

        if self.up:
            self.happen(leave)

    # ------------------------------------------------------------ events

    def tick(self, now: float) -> None:
        """Have the core do what is due."""
        self._follow(self.core.tick(now))

    def due(self, now: float) -> float:
        """Return when the core must tick at the latest."""
        return self.core.next_tick_ms(now)

    def receive(self, peer: bytes, message: ToDispatcher) -> None:
        """Take a message from the network."""

        def read() -> None:
            self.ground.story.tell(self.name, "reads", message)
            self._follow(self.core.received([FromWorker(peer, message)], self.now()))

        if self.up:
            self.happen(read)

    # ------------------------------------------------------------ effects

    def _follow(self, effects: Iterable[DispatcherEffect]) -> None:
        unreachable: list[WorkerId] = []
        for effect in effects:
            match effect:
                case Send():
                    if not self._sent(effect) and effect.worker is not None:
                        unreachable.append(effect.worker)
                case Note():
                    self.ground.story.tell(self.name, "notes:", str(effect))
                case Forget():
                    pass  # the network keeps nothing for a peer
                case CallListen():
                    self._listen(effect)
                case _:
                    self._call(effect)
        for worker in unreachable:
            self._follow(self.core.undeliverable(worker, self.now()))
        if self._draining and self.core.drained:
            self.ground.story.tell(self.name, "has left")
            self.ground.mishap()
            self.end()
            self.ground.timeline.after(self.ground.chance.uniform(10, 5_000), self.start)
        elif self.up:
            self.schedule()
            self.suffer()

    def _sent(self, effect: Send) -> bool:
        ground = self.ground
        if isinstance(effect.message, Orders):
            ground.referee.ordered(effect.message)
        if not ground.calm and ground.chance.random() < ground.plan.undeliverable:
            ground.counts["sends refused"] += 1
            ground.story.tell(self.name, "cannot send", effect.message)
            return False
        worker = effect.peer.partition(b":")[0].decode()
        ground.story.tell(self.name, f"sends {worker}", effect.message)
        self._carry(self.name, worker, effect.peer, effect.message)
        return True

    def _call(self, call: StoreCall) -> None:
        chance = self._aside if isinstance(call, CallMuster | CallShow) else self.ground.chance
        self.ground.story.tell(self.name, "asks the store:", call)
        owner = f"{self.name}.{self.generation}"
        generation = self.generation
        ground, mean = self.ground, 1 / self.ground.store_ms
        there, back = chance.expovariate(mean), chance.expovariate(mean)

        def at_the_store() -> None:
            answer, late_ms = self._desk.ask(owner, call, chance)
            if self.generation == generation:
                self.later(back + late_ms, lambda: self._answered(call, answer))

        ground.timeline.after(there, at_the_store)

    def _listen(self, call: CallListen) -> None:
        owner = f"{self.name}.{self.generation}"
        generation = self.generation

        def reply(answer: Answer) -> None:
            if self.generation == generation:
                self.later(self.ground.chance.expovariate(1), lambda: self._answered(call, answer))

        def time_is_up() -> None:
            self._desk.time_is_up(owner, reply)

        self._desk.listen(owner, call, self.now(), reply)
        self.ground.timeline.after(call.timeout_ms, time_is_up)

    def _answered(self, call: StoreCall, answer: Answer) -> None:
        effects = answer(self.core, self.now())
        self.ground.story.tell(self.name, "was answered:", type(call).__name__)
        if effects or self._draining or not isinstance(call, CallMuster | CallShow):
            self._follow(effects)
        else:
            self.schedule()  # what is only shown moves no seed
