"""A whole simulated system: builds it from a seed, lets it suffer, and judges it.

One thread, one seed, no clock but the simulated one: the same seed tells the same story, to the
last event. Safety is checked at every step by the referee; once the faults have stopped, every
task must end within ``PATIENCE_MS``, and afterwards nobody may hold anything any more.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from gofer.adapters.memory.network import Faults, FaultyNetwork
from gofer.adapters.memory.store import MemoryStore
from gofer.domain.protocol.dispatcher import DispatcherCore
from gofer.domain.protocol.messages import ToDispatcher, ToWorker
from gofer.domain.protocol.worker import WorkerCore
from tests.support.simulation.coroutines import drive
from tests.support.simulation.desk import Desk, StoreClock
from tests.support.simulation.dispatcher_node import DispatcherNode
from tests.support.simulation.nodes import Ground, Node, Packet
from tests.support.simulation.plan import (
    FUNCTIONS,
    PROMPT_MS,
    STEADY_MS,
    Fault,
    FaultPlan,
    Plan,
    TaskPlan,
)
from tests.support.simulation.referee import Referee
from tests.support.simulation.timeline import Story, Timeline, Violation
from tests.support.simulation.worker_node import WorkerNode

PATIENCE_MS = 300_000.0
"""Besides the time that the work itself takes, every task must have ended so long after the last
fault: reconnects, expired leases, silences and back-offs, one after another."""

MOST_RUNS = 10
"""How often a task runs at most by its budgets, and by losses that cost nothing."""

SETTLE_MS = 120_000.0
"""And this much later nobody may hold anything any more."""

SETTLED_MS = 20_000.0
"""How long a system without work is watched: long enough for every kind of poll."""

LAST_EVENTS = 60
"""How much of the story a failure shows."""

REPLAY = "GOFER_SIMULATION_FIRST={seed} GOFER_SIMULATION_SEEDS=1 make unit ARGS='-k any_seed'"


@dataclass(frozen=True, slots=True)
class Cores:
    """The cores under test; a test of the simulation itself plants worse ones."""

    dispatcher: type[DispatcherCore] = DispatcherCore
    worker: type[WorkerCore] = WorkerCore


@dataclass(frozen=True, slots=True)
class Report:
    """What a run was like."""

    seed: int
    steps: int
    runs: int
    simulated_ms: float
    story: Story = field(compare=False, repr=False)


class World:
    """Everything that one seed brings about."""

    def __init__(self, plan: Plan, cores: Cores) -> None:
        self.plan = plan
        timeline = Timeline()
        self.timeline = timeline
        self.story = Story(timeline)
        chance = Random(f"chance {plan.seed}")
        store = MemoryStore(StoreClock(timeline))
        drive(store.put(FUNCTIONS))
        self.referee = Referee(self.story, store, {task.new.id: task for task in plan.tasks})
        self.network: FaultyNetwork[Packet] = FaultyNetwork(chance, plan.link)
        self.ground = Ground(plan, timeline, self.story, chance, self.network, self.referee)
        self.desk = Desk(store, plan.timers, self.referee, chance)
        self.dispatchers = {
            name: DispatcherNode(name, self.ground, self.desk, self.carry, cores.dispatcher)
            for name in plan.dispatchers
        }
        self.workers = {
            each.name: WorkerNode(each, self.ground, self.carry, cores.worker)
            for each in plan.workers
        }
        self.nodes: dict[str, Node] = {**self.dispatchers, **self.workers}

    # ------------------------------------------------------------ the run

    def run(self) -> Report:
        """Live through it; raise Violation if anything is not as it must be."""
        for name, at_ms in self.plan.dispatchers.items():
            self.timeline.after(at_ms, self.nodes[name].start)
        for worker in self.plan.workers:
            self.timeline.after(worker.start_ms, self.nodes[worker.name].start)
        for task in self.plan.tasks:
            self._plan_task(task)
        for fault in self.plan.faults:
            self._plan_fault(fault)
        self.timeline.after(self.plan.calm_ms, self._calm_down)
        last = max([self.plan.calm_ms, *(task.submit_ms for task in self.plan.tasks)])
        everything = len(self.plan.tasks)
        work_ms = sum(MOST_RUNS * max(run.run_ms for run in t.runs) for t in self.plan.tasks)
        deadline_ms = last + PATIENCE_MS + work_ms
        if not self.timeline.run(lambda: self.referee.ended == everything, deadline_ms):
            raise Violation(f"{self.referee.unfinished()} have not ended in time")
        self._check_quiet()
        calm_again = max(self.timeline.now, self.plan.calm_ms)
        self.timeline.run(
            lambda: self.timeline.now > calm_again and self._settled(), calm_again + SETTLE_MS
        )
        self._check_settled()
        return Report(
            self.plan.seed, self.timeline.steps, self.referee.runs, self.timeline.now, self.story
        )

    @property
    def _is_prompt(self) -> bool:
        """Return whether every free slot should be found at once.

        Tasks of two environments stand in one another's way.
        """
        environments = {worker.environment for worker in self.plan.workers}
        return self.plan.quiet and len(environments) == 1

    @property
    def _was_wrecked(self) -> bool:
        """Return whether a worker has died, or has not come yet."""
        return any(worker.generation > 1 or not worker.up for worker in self.workers.values())

    def _check_begun(self, task: TaskPlan) -> None:
        """Object if a task still waits while a slot has long been free for it.

        Not where a worker has died: what was given to it waits until it is called silent.
        """
        free = [
            name
            for name, worker in self.workers.items()
            if worker.up and worker.core.connected and worker.executor.free_ms() > PROMPT_MS
        ]
        if free and not self._was_wrecked and self.referee.waits(task.new.id):
            raise Violation(f"{task.new.id} waits, and {free} had a free slot for {PROMPT_MS} ms")

    def _check_quiet(self) -> None:
        """Object to every handshake, loss and stop that nothing explains."""
        if self.plan.quiet:
            wrecks = self._was_wrecked
            losses = self.referee.losses()
            if losses and not wrecks:
                raise Violation(f"{losses} losses, though no worker was lost")
            again = {
                name: node.core.session.epoch for name, node in self.workers.items() if node.up
            }
            if any(again.values()) and not any(self.plan.dispatchers.values()) and not wrecks:
                raise Violation(f"sessions were opened again for nothing: {again}")

    def _settled(self) -> bool:
        return not any(self._holdings().values())

    def _check_settled(self) -> None:
        """Object if anybody still holds anything, or if there is hurry without work."""
        if not self._settled():
            raise Violation(f"all tasks have ended, and yet there is {self._holdings()}")
        before = self.timeline.steps
        self.timeline.run(lambda: False, self.timeline.now + SETTLED_MS)
        if not self._settled():
            raise Violation(f"without any work there is {self._holdings()}")
        a_second = (self.timeline.steps - before) / (SETTLED_MS / 1_000) / len(self.nodes)
        if a_second > 20:
            raise Violation(f"{a_second} events a second and node without any work")

    def _holdings(self) -> dict[str, object]:
        held: dict[str, object] = {}
        for name, worker in self.workers.items():
            if worker.up:
                held[name] = (*worker.core.held(), *range(worker.executor.in_hand))
        for name, dispatcher in self.dispatchers.items():
            if dispatcher.up:
                held[name] = dispatcher.core.in_hand()
        return held

    # ------------------------------------------------------------ the network

    def carry(self, src: str, dst: str, peer: bytes, message: ToDispatcher | ToWorker) -> None:
        """Put a message on its way."""
        self._send(src, dst, (peer, message))
        if not self.ground.calm and self.ground.chance.random() < self.plan.late_copies:
            delay_ms = self.ground.chance.uniform(10, 5_000)
            self.timeline.after(delay_ms, lambda: self._send(src, dst, (peer, message)))

    def _send(self, src: str, dst: str, packet: Packet) -> None:
        self.network.send(src, dst, packet, self.timeline.now)
        self._pump_later()

    def _pump_later(self) -> None:
        due = self.network.next_due_ms()
        if due is not None and due < self.ground.pump_at_ms:
            self.ground.pump_at_ms = due
            self.timeline.after(max(0.0, due - self.timeline.now), self._pump)

    def _pump(self) -> None:
        self.ground.pump_at_ms = float("inf")
        for parcel in self.network.deliver_due(self.timeline.now):
            peer, message = parcel.message
            if parcel.dst in self.workers:
                self.workers[parcel.dst].receive(peer, message)  # type: ignore[arg-type]
            else:
                self.dispatchers[parcel.dst].receive(peer, message)  # type: ignore[arg-type]
        self._pump_later()

    # ------------------------------------------------------------ what is planned

    def _plan_task(self, task: TaskPlan) -> None:
        def submit() -> None:
            self.story.tell("", "submits", task.new)
            self.desk.submit(task.new)
            if self._is_prompt:
                self.timeline.after(task.new.delay_ms + PROMPT_MS, lambda: self._check_begun(task))

        def cancel() -> None:
            self.story.tell("", f"cancels {task.new.id}", self.desk.cancel(task.new.id))

        self.timeline.after(task.submit_ms, submit)
        if task.cancel_ms is not None:
            self.timeline.after(task.cancel_ms, cancel)

    def _plan_fault(self, plan: FaultPlan) -> None:
        begin, end = self._fault(plan)

        def begin_it() -> None:
            self.story.tell("", f"fault: {plan.fault} for {plan.lasts_ms:.0f} ms", plan.node)
            begin()

        self.timeline.after(plan.at_ms, begin_it)
        self.timeline.after(plan.at_ms + plan.lasts_ms, end)

    def _fault(self, plan: FaultPlan) -> tuple[Callable[[], None], Callable[[], None]]:
        node = self.nodes[plan.node]
        match plan.fault:
            case Fault.CUT:
                return lambda: self.network.cut(plan.node, plan.other), self.network.heal
            case Fault.PARTITION:
                return lambda: self.network.partition(plan.node, plan.other), self.network.heal
            case Fault.PAUSE:
                return node.pause, node.resume
            case Fault.CRASH:
                return node.crash, node.start
            case Fault.DRAIN:
                return node.drain, lambda: None
            case Fault.OUTAGE:
                return self._outage, self._store_back

    def _outage(self) -> None:
        self.desk.down = True

    def _store_back(self) -> None:
        self.desk.down = False

    def _calm_down(self) -> None:
        """End all faults: from now on nothing goes wrong by itself."""
        self.story.tell("", "all faults end")
        self.ground.calm = True
        self.network.heal()
        self.network.faults = Faults(delay_ms=STEADY_MS)
        self._store_back()
        for node in self.nodes.values():
            node.resume()
            node.start()


def simulate(plan: Plan, cores: Cores | None = None, *, whole_story: bool = False) -> Report:
    """Run one plan; raise Violation with the story and the way to replay it if all is not well."""
    world = World(plan, cores or Cores())
    try:
        return world.run()
    except Violation as violation:
        raise Violation(
            f"{world.story.text(None if whole_story else LAST_EVENTS)}\n"
            f"seed {plan.seed} at {world.timeline.now:.3f} ms: {violation}\n"
            f"once more, with the whole story: {REPLAY.format(seed=plan.seed)}"
        ) from violation
