"""A worker in a simulation: the real core, a simulated executor, a faulty uplink."""

from collections import deque
from collections.abc import Callable, Iterable

from gofer.domain.identifiers import Attempt, WorkerId
from gofer.domain.ports import Ended
from gofer.domain.protocol.effects import (
    Execute,
    Kill,
    Note,
    Reset,
    Stop,
    TakeBack,
    Tell,
    WorkerEffect,
)
from gofer.domain.protocol.messages import Orders, ToDispatcher, ToWorker, Welcome
from gofer.domain.protocol.worker import WorkerCore
from tests.support.simulation.executor import SimulatedExecutor
from tests.support.simulation.nodes import Ground, Node
from tests.support.simulation.plan import WorkerPlan
from tests.support.simulation.rules import Rule, Violation

Send = Callable[[str, str, bytes, ToDispatcher | ToWorker], None]


class WorkerNode(Node):
    """Carries out what the worker's core wants."""

    core: WorkerCore
    executor: SimulatedExecutor

    def __init__(
        self, plan: WorkerPlan, ground: Ground, send: Send, core_type: type[WorkerCore]
    ) -> None:
        super().__init__(plan.name, ground)
        self._plan = plan
        self._send = send
        self._core_type = core_type
        self._tasks = {task.new.id: task for task in ground.plan.tasks}
        self._peers = 0
        self._draining = False
        self._owed: set[Attempt] = set()
        self._leave_by_ms = 0.0
        self.peer = b""

    # ------------------------------------------------------------ life

    def boot(self) -> None:
        """Start with nothing in hand, as another incarnation."""
        ground = self.ground
        self._draining = False
        self._owed.clear()
        self._new_peer()
        self.executor = SimulatedExecutor(
            self.name,
            self._plan.slots,
            ground,
            self._tasks,
            news=self._on_news,
            wreck=self._wrecked,
        )
        self.core = self._core_type(
            WorkerId(self.name),
            f"{self.name}.{self.generation}",
            self._plan.slots,
            self._plan.environment,
            ground.plan.timers,
            ground.chance.random,
            self.now(),
        )
        self.tick(self.now())

    def end(self) -> None:
        """Take the executor down too."""
        self.executor.die()
        super().end()

    def pause(self) -> None:
        """Begin nothing new; children go on."""
        super().pause()
        if self.paused:
            self.executor.freeze(frozen=True)

    def resume(self) -> None:
        """Go on."""
        was_paused = self.paused
        super().resume()
        if was_paused and self.up:
            self.executor.freeze(frozen=False)

    def drain(self) -> None:
        """Ask the worker to leave."""

        def leave() -> None:
            self.ground.story.tell(self.name, "is asked to leave")
            if not self._draining:
                timers = self.ground.plan.timers
                self._leave_by_ms = self.now() + timers.drain_ms + timers.silence_ms
            self._draining = True
            self._follow(self.core.drain(self.now()))

        if self.up:
            self.happen(leave)

    def _wrecked(self) -> None:
        self.ground.story.tell(self.name, "is wrecked by its task")
        self.ground.mishap("wrecks")
        self.end()
        self.ground.timeline.after(self.ground.chance.uniform(10, 10_000), self.start)

    # ------------------------------------------------------------ events

    def tick(self, now: float) -> None:
        """Have the core do what is due."""
        self._follow(self.core.tick(now))

    def due(self, now: float) -> float:
        """Return when the core must tick at the latest."""
        del now
        return self.core.next_tick_ms()

    def receive(self, peer: bytes, message: ToWorker) -> None:
        """Take a message from the network, unless it is for an address of the past."""

        def read() -> None:
            if peer == self.peer:
                self.ground.story.tell(self.name, "reads", message)
                if isinstance(message, Orders):
                    self._owed.difference_update(message.recorded, message.cancel)
                elif isinstance(message, Welcome):
                    self._owed.difference_update(message.drop)
                self._follow(self.core.received([message], self.now()))

        if self.up:
            self.happen(read)

    def _on_news(self) -> None:
        def hear() -> None:
            events = self.executor.collect()
            if events:
                self.ground.story.tell(self.name, "sees", events)
                ended = {event.attempt for event in events if isinstance(event, Ended)}
                self._owed |= ended.intersection(self.core.held())
                self._follow(self.core.executed(events, self.now()))

        self.happen(hear)

    # ------------------------------------------------------------ effects

    def _follow(self, effects: Iterable[WorkerEffect]) -> None:
        waiting = deque(effects)
        while waiting and self.up:
            waiting.extend(self._carry_out(waiting.popleft()))
        if self.up:
            if not self._owed <= set(self.core.held()):
                raise Violation(
                    Rule.KEPT, f"{self.name} forgot an outcome that nobody has recorded"
                )
            self.ground.referee.holds(self.name, self.core.session, self.executor.in_hand)
            self.schedule()
            self.suffer()

    def _carry_out(self, effect: WorkerEffect) -> list[WorkerEffect]:
        match effect:
            case Tell():
                self.ground.story.tell(self.name, "tells", effect.message)
                self.ground.referee.told(effect.message, self.executor.in_hand)
                self._send(self.name, self._plan.dispatcher, self.peer, effect.message)
            case Execute():
                return self._execute(effect)
            case TakeBack():
                taken = self.executor.take_back(effect.attempts)
                return self.core.taken_back(taken, self.now())
            case Kill():
                self.ground.story.tell(self.name, "kills", effect.attempts)
                self.executor.kill(effect.attempts, excused=self._draining)
            case Reset():
                self._new_peer()
            case Stop():
                self._stopped(effect)
            case Note():
                self.ground.story.tell(self.name, "notes:", str(effect))
        return []

    def _execute(self, effect: Execute) -> list[WorkerEffect]:
        self.executor.learn(effect.functions)
        known = {a.attempt: self.executor.knows(a.digest) for a in effect.assignments}
        self.executor.execute([a for a in effect.assignments if known[a.attempt]])
        unknown = [attempt for attempt, is_known in known.items() if not is_known]
        return self.core.unrunnable(unknown, self.now()) if unknown else []

    def _stopped(self, effect: Stop) -> None:
        self.ground.story.tell(self.name, "stops", effect.error)
        if self._owed and not effect.error and self.now() < self._leave_by_ms:
            raise Violation(Rule.KEPT, f"{self.name} left before {self._owed} were recorded")
        self.ground.mishap()
        self.end()
        self.ground.timeline.after(self.ground.chance.uniform(10, 5_000), self.start)

    def _new_peer(self) -> None:
        self._peers += 1
        self.peer = f"{self.name}:{self._peers}".encode()
