"""A whole simulated system: builds it from a seed, lets it suffer, and judges it.

One thread, one seed, no clock but the simulated one: the same seed tells the same story, to the
last event. Safety is checked at every step by the referee and the auditor; once the faults have
stopped, every task must end within ``PATIENCE_MS``, and afterwards nobody may hold anything.
"""

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from gofer.adapters.memory.network import Faults, FaultyNetwork
from gofer.domain.protocol.dispatcher import DispatcherCore
from gofer.domain.protocol.messages import ToDispatcher, ToWorker
from gofer.domain.protocol.worker import WorkerCore
from tests.support.simulation.auditor import Auditor
from tests.support.simulation.clients import Clients
from tests.support.simulation.closing import Closing
from tests.support.simulation.coroutines import drive
from tests.support.simulation.desk import Desk
from tests.support.simulation.dispatcher_node import DispatcherNode
from tests.support.simulation.injector import Injector
from tests.support.simulation.nodes import Ground, Node, Packet
from tests.support.simulation.plan import FUNCTIONS, PROMPT_MS, STEADY_MS, Plan, TaskPlan
from tests.support.simulation.referee import Referee
from tests.support.simulation.rules import Rule, Violation
from tests.support.simulation.timeline import Story, Timeline
from tests.support.simulation.watched import StoreClock, WatchedStore
from tests.support.simulation.worker_node import WorkerNode

PATIENCE_MS = 300_000.0
"""Besides the time that the work itself takes, every task must have ended so long after the last
fault: reconnects, expired leases, silences and back-offs, one after another."""

MOST_RUNS = 10
"""How often a task runs at most by its budgets, and by losses that cost nothing."""

SLOW_MS = 100.0
"""Messages and calls of the store that take this long may make a worker look silent."""

SELDOM = 0.01
"""Losing so few messages silences nobody: it takes several beats in a row."""


@dataclass(frozen=True, slots=True)
class Cores:
    """The parts under test; a test of the simulation itself plants worse ones."""

    dispatcher: type[DispatcherCore] = DispatcherCore
    worker: type[WorkerCore] = WorkerCore
    store: type[WatchedStore] = WatchedStore


@dataclass(frozen=True, slots=True)
class Report:
    """What a run was like. ``counts`` says how often what went wrong."""

    seed: int
    steps: int
    runs: int
    simulated_ms: float
    counts: Counter[str]
    story: Story = field(compare=False, repr=False)


class World:
    """Everything that one seed brings about."""

    def __init__(self, plan: Plan, cores: Cores, *, told: bool) -> None:
        self.plan = plan
        self.timeline = Timeline()
        self.story = Story(self.timeline, kept=told)
        self.counts: Counter[str] = Counter()
        chance = Random(f"chance {plan.seed}")
        clock = StoreClock(self.timeline)
        store = cores.store(clock)
        drive(store.put(FUNCTIONS))
        files = {task.new.id: task for task in plan.tasks}
        referee = Referee(store, clock, files, plan.timers)
        referee.lossy = _is_lossy(plan)
        self.referee = referee
        self.auditor = Auditor(store, clock, referee, self.story)
        self.network: FaultyNetwork[Packet] = FaultyNetwork(chance, plan.link)
        self.ground = Ground(
            plan, self.timeline, self.story, chance, self.network, referee, self.counts, plan.quiet
        )
        self.desk = Desk(store, plan.timers, self.auditor, chance, self.counts)
        self.clients = Clients(self.ground, self.desk, self.auditor, self._submitted)
        dispatchers = {
            name: DispatcherNode(name, self.ground, self.desk, self.carry, cores.dispatcher)
            for name in plan.dispatchers
        }
        self.workers = {
            each.name: WorkerNode(each, self.ground, self.carry, cores.worker)
            for each in plan.workers
        }
        self.dispatchers = dispatchers
        self.nodes: dict[str, Node] = {**dispatchers, **self.workers}
        self.injector = Injector(
            self.ground, self.nodes, self.desk, self.auditor, self.clients, clock
        )
        self.closing = Closing(self.ground, dispatchers, self.workers)

    # ------------------------------------------------------------ the run

    def run(self) -> Report:
        """Live through it; raise Violation if anything is not as it must be."""
        plan = self.plan
        for name, at_ms in plan.dispatchers.items():
            self.timeline.after(at_ms, self.nodes[name].start)
        for worker in plan.workers:
            self.timeline.after(worker.start_ms, self.nodes[worker.name].start)
        for task in plan.tasks:
            self.clients.plan(task)
        for fault in plan.faults:
            self.injector.plan(fault)
        self.timeline.after(plan.calm_ms, self._calm_down)
        last = max([plan.calm_ms, *(task.submit_ms for task in plan.tasks)])
        work_ms = sum(MOST_RUNS * max(run.run_ms for run in task.runs) for task in plan.tasks)
        if not self.timeline.run(self._is_over, last + PATIENCE_MS + work_ms):
            raise Violation(Rule.LIVENESS, f"{self.referee.unfinished()} have not ended in time")
        self.closing.check_quiet()
        self.closing.check_settled()
        self.auditor.check()
        self._count()
        return Report(
            plan.seed,
            self.timeline.steps,
            self.referee.runs,
            self.timeline.now,
            self.counts,
            self.story,
        )

    def _is_over(self) -> bool:
        """Return whether all tasks have ended, and no fault can undo that any more."""
        return not self.auditor.pending and self.timeline.now > self.plan.calm_ms

    def _submitted(self, task: TaskPlan) -> None:
        if self.closing.is_prompt:
            wait_ms = task.new.delay_ms + PROMPT_MS
            self.timeline.after(wait_ms, lambda: self.closing.check_begun(task))

    def _count(self) -> None:
        """Add what single messages suffered, and which runs ended badly."""
        network = self.network
        self.counts["messages dropped"] = network.dropped
        self.counts["messages doubled"] = network.doubled
        self.counts["messages cut off"] = network.cut_off
        self.counts["runs"] = self.referee.runs
        self.counts["tasks"] = len(self.plan.tasks)

    # ------------------------------------------------------------ the network

    def carry(self, src: str, dst: str, peer: bytes, message: ToDispatcher | ToWorker) -> None:
        """Put a message on its way."""
        self._send(src, dst, (peer, message))
        late, chance = self.plan.late_copies, self.ground.chance
        if late and not self.ground.calm and chance.random() < late:
            self.counts["messages come late again"] += 1
            delay_ms = chance.uniform(10, 5_000)
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

    # ------------------------------------------------------------ the end of all faults

    def _calm_down(self) -> None:
        """End all faults: from now on nothing goes wrong by itself."""
        self.story.tell("", "all faults end")
        self.ground.calm = True
        self.network.heal()
        self.network.faults = Faults(delay_ms=STEADY_MS)
        for node in self.nodes.values():
            node.resume()
            node.start()


def _is_lossy(plan: Plan) -> bool:
    """Return whether workers may look silent, or leases end, without any fault.

    A message that is lost now and then, or overtaken, opens a gap: a new session mends it, and
    no task may pay for that.
    """
    is_slow = plan.link.delay_ms[1] > SLOW_MS or plan.store_ms > SLOW_MS
    return is_slow or plan.link.drop > SELDOM
