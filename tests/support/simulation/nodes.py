"""What workers' and dispatchers' machines have in common: a clock that drifts, pauses, crashes."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from random import Random

from gofer.adapters.memory.network import FaultyNetwork
from gofer.domain.protocol.messages import ToDispatcher, ToWorker
from tests.support.simulation.plan import Plan
from tests.support.simulation.referee import Referee
from tests.support.simulation.rules import Rule, Violation
from tests.support.simulation.timeline import Story, Timeline

EARLY_MS = 1e-6
"""Waking a little late hides the rounding between two clocks."""

DRIFT = 0.005
"""Clocks run up to half a per cent fast or slow, so that two differ by up to one per cent."""

Packet = tuple[bytes, ToDispatcher | ToWorker]
"""A message with the link's address of the worker that it is from, or for."""


@dataclass(slots=True)
class Ground:
    """What every node stands on. ``counts`` says how often what went wrong."""

    plan: Plan
    timeline: Timeline
    story: Story
    chance: Random
    network: FaultyNetwork[Packet]
    referee: Referee
    counts: Counter[str]
    quiet: bool
    calm: bool = False
    pump_at_ms: float = inf

    @property
    def store_ms(self) -> float:
        """Return how long half a call of the store takes, on the average."""
        return 0.5 if self.calm else self.plan.store_ms

    def mishap(self, kind: str = "") -> None:
        """Note, and count unless it has no name, that something has gone wrong."""
        self.referee.mishap(self.timeline.now)
        if kind:
            self.counts[kind] += 1


class Node(ABC):
    """A machine with one process on it, which may be stopped, killed and started again."""

    def __init__(self, name: str, ground: Ground) -> None:
        self.name = name
        self.ground = ground
        self.up = False
        self.paused = False
        self.generation = 0
        self._rate = 1 + ground.chance.uniform(-DRIFT, DRIFT)
        self._offset = ground.chance.uniform(0, 1e6)
        self._backlog: list[Callable[[], None]] = []
        self._wake_at_ms = inf

    # ------------------------------------------------------------ what kinds of nodes differ in

    @abstractmethod
    def boot(self) -> None:
        """Start a new process, with an empty memory."""

    @abstractmethod
    def tick(self, now: float) -> None:
        """Have the core do what is due."""

    @abstractmethod
    def due(self, now: float) -> float:
        """Return when the core must tick at the latest."""

    @abstractmethod
    def drain(self) -> None:
        """Ask the process to leave."""

    # ------------------------------------------------------------ time

    def now(self) -> float:
        """Return this node's own steady time."""
        return self._offset + self.ground.timeline.now * self._rate

    def schedule(self) -> None:
        """Wake up when the core wants to."""
        due = self.due(self.now())
        if due == inf:
            return
        at_ms = max(self.ground.timeline.now, (due - self._offset) / self._rate) + EARLY_MS
        if at_ms < self._wake_at_ms:
            self._wake_at_ms = at_ms
            self.later(at_ms - self.ground.timeline.now, lambda: self._wake(at_ms))

    def _wake(self, at_ms: float) -> None:
        if at_ms != self._wake_at_ms:
            return  # an earlier one came first
        self._wake_at_ms = inf
        if self.due(self.now()) <= self.now():
            self.tick(self.now())
            if self.up and self.due(self.now()) <= self.now():
                raise Violation(
                    Rule.NO_SPIN, f"{self.name} has just ticked and wants to tick again"
                )
        if self.up:
            self.schedule()

    # ------------------------------------------------------------ events

    def later(self, delay_ms: float, action: Callable[[], None]) -> None:
        """Have something happen to this process, unless it is gone by then."""
        generation = self.generation

        def happen() -> None:
            if self.up and self.generation == generation:
                self.happen(action)

        self.ground.timeline.after(delay_ms, happen)

    def happen(self, action: Callable[[], None]) -> None:
        """Have something happen now, or when the process goes on."""
        if self.paused:
            self._backlog.append(action)
        elif self.up:
            action()

    # ------------------------------------------------------------ faults

    def start(self) -> None:
        """Start a process, if none is there."""
        if not self.up:
            self.up = True
            self.generation += 1
            self._wake_at_ms = inf
            self.ground.story.tell(self.name, "starts")
            self.boot()

    def crash(self) -> None:
        """Kill the process."""
        if self.up:
            self.ground.story.tell(self.name, "crashes")
            self.ground.mishap("crashes")
            self.end()

    def end(self) -> None:
        """Let the process be gone, and all it knew."""
        self.up = self.paused = False
        self._backlog.clear()

    def suffer(self) -> None:
        """Now and then, die or stop just after a step."""
        chance = self.ground.chance
        if self.ground.calm or not self.ground.plan.sudden or self.paused:
            return
        if chance.random() < self.ground.plan.sudden:
            befalls, mends = chance.choice(
                ((self.crash, self.start), (self.pause, self.resume), (self.pause, self.resume))
            )
            befalls()
            self.ground.timeline.after(chance.choice((5.0, 2_000.0, 20_000.0)), mends)

    def pause(self) -> None:
        """Stop the process in its tracks."""
        if self.up:
            self.ground.story.tell(self.name, "is paused")
            self.ground.mishap("pauses")
            self.paused = True

    def resume(self) -> None:
        """Let the process go on; what it missed comes in order, or after its timers."""
        if not self.paused:
            return
        self.ground.story.tell(self.name, "goes on")
        self.ground.mishap()
        self.paused = False
        backlog, self._backlog = self._backlog, []
        if self.ground.chance.random() < 0.5:
            self.tick(self.now())
        for action in backlog:
            self.happen(action)
        if self.up:
            self.schedule()
