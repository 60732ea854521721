"""Carries out the faults that a plan holds, and counts them."""

from collections.abc import Callable, Mapping
from functools import partial

from tests.support.simulation.auditor import Auditor
from tests.support.simulation.clients import Clients
from tests.support.simulation.desk import Desk
from tests.support.simulation.faults import Fault, FaultPlan
from tests.support.simulation.nodes import Ground, Node
from tests.support.simulation.watched import StoreClock
from tests.support.simulation.worker_node import WorkerNode

FLAPS = 4
"""How often a flapping connection goes."""

FAILOVER_MS = 500.0
"""How long at most a store refuses that has gone back to an older state."""

MOST_JUMP = 1.5
"""How far the store's clock jumps at most, in leases."""

Action = Callable[[], None]


class Injector:
    """Knows how each kind of fault begins and ends."""

    def __init__(
        self,
        ground: Ground,
        nodes: Mapping[str, Node],
        desk: Desk,
        auditor: Auditor,
        clients: Clients,
        clock: StoreClock,
    ) -> None:
        self._ground = ground
        self._nodes = nodes
        self._desk = desk
        self._auditor = auditor
        self._clients = clients
        self._clock = clock
        self._rollbacks = 0

    def plan(self, plan: FaultPlan) -> None:
        """Have a fault begin and end when its times come."""
        self._ground.timeline.after(plan.at_ms, lambda: self._begin(plan))

    def _begin(self, plan: FaultPlan) -> None:
        ground = self._ground
        ground.counts[f"fault: {plan.fault}"] += 1
        ground.mishap()
        end = self._inflict(plan)
        if ground.story.kept:
            where = f"{plan.node} {plan.other}"
            ground.story.tell("", f"fault: {plan.fault} for {plan.lasts_ms:.0f} ms,", where)

        def finish() -> None:
            ground.mishap()
            end()

        ground.timeline.after(plan.lasts_ms, finish)

    def _inflict(self, plan: FaultPlan) -> Action:
        """Begin a fault; return how it ends."""
        node, network = self._nodes[plan.node], self._ground.network
        match plan.fault:
            case Fault.CUT:
                network.cut(plan.node, plan.other)
            case Fault.PARTITION:
                network.partition(plan.node, plan.other)
            case Fault.FLAP:
                self._flap(plan)
            case Fault.SWIZZLE:
                self._swizzle(plan)
            case Fault.PAUSE:
                node.pause()
                return node.resume
            case Fault.CRASH:
                node.crash()
                return node.start
            case Fault.DRAIN:
                node.drain()
                return _nothing
            case Fault.CHILD:
                self._lose_child(node)
                return _nothing
            case Fault.OUTAGE | Fault.MUTE | Fault.ROLLBACK | Fault.JUMP:
                return self._trouble_store(plan)
        return lambda: network.mend(plan.node, plan.other)

    # ------------------------------------------------------------ connections

    def _flap(self, plan: FaultPlan) -> None:
        """Cut and mend a connection in turn, within the fault's time."""
        ground, network = self._ground, self._ground.network
        turns = sorted(ground.chance.uniform(0, plan.lasts_ms) for _ in range(2 * FLAPS))
        for number, turn in enumerate(turns):
            act = network.mend if number % 2 else network.partition
            ground.timeline.after(turn, partial(act, plan.node, plan.other))

    def _swizzle(self, plan: FaultPlan) -> None:
        """Cut all workers off one after another; mend the connections in another order."""
        ground, network = self._ground, self._ground.network
        half = plan.lasts_ms / 2
        for worker in ground.plan.workers:
            ends = (worker.name, worker.dispatcher)
            cut, mend = ground.chance.uniform(0, half), half + ground.chance.uniform(0, half)
            ground.timeline.after(cut, partial(network.partition, *ends))
            ground.timeline.after(mend, partial(network.mend, *ends))

    def _lose_child(self, node: Node) -> None:
        if isinstance(node, WorkerNode) and node.up and node.executor.lose_child():
            self._ground.counts["children killed"] += 1
            self._ground.story.tell(node.name, "loses a child")

    # ------------------------------------------------------------ the store

    def _trouble_store(self, plan: FaultPlan) -> Action:
        ground, desk = self._ground, self._desk
        ground.referee.trouble_begins()
        match plan.fault:
            case Fault.OUTAGE:
                desk.fall()
                return lambda: self._over(desk.rise)
            case Fault.MUTE:
                desk.mute += 1
                return lambda: self._over(desk.speak)
            case Fault.ROLLBACK:
                return self._rollback()
            case _:
                jump_ms = ground.chance.uniform(0, MOST_JUMP) * ground.plan.timers.lease_ms
                self._clock.ahead_ms += jump_ms
                return lambda: self._over(_nothing)

    def _rollback(self) -> Action:
        """Remember how the store stands, and have it go back to that."""
        mark, number = self._auditor.mark(), self._rollbacks
        ground, desk = self._ground, self._desk

        def go_back() -> None:
            self._over(_nothing)
            if number != self._rollbacks:
                return  # another one has gone back to before this one's beginning, or after it
            self._rollbacks += 1
            vanished, counts = self._auditor.go_back(mark)
            ground.counts["rollbacks"] += 1
            ground.counts.update(counts)
            ground.story.tell("", "the store goes back;", f"vanished: {vanished}")
            for task_id in vanished:
                self._clients.vanished(task_id)
            desk.fall()
            ground.timeline.after(ground.chance.uniform(0, FAILOVER_MS), desk.rise)

        return go_back

    def _over(self, action: Action) -> None:
        self._ground.referee.trouble_ends(self._ground.timeline.now)
        action()


def _nothing() -> None:
    """Do nothing: some faults are over as soon as they have happened."""
