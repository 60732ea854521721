"""What must be true of the nodes once all tasks have ended, and of quiet plans all along."""

from collections.abc import Mapping

from tests.support.simulation.dispatcher_node import DispatcherNode
from tests.support.simulation.nodes import Ground
from tests.support.simulation.plan import PROMPT_MS, TaskPlan
from tests.support.simulation.rules import Rule, Violation
from tests.support.simulation.worker_node import WorkerNode

SETTLE_MS = 120_000.0
"""So much later than the last task has ended nobody may hold anything any more."""

SETTLED_MS = 6_000.0
"""How long a system without work is watched: long enough for every kind of poll."""

MOST_AT_REST = 20
"""Most events a second and node where there is no work."""


class Closing:
    """Looks at the nodes."""

    def __init__(
        self,
        ground: Ground,
        dispatchers: Mapping[str, DispatcherNode],
        workers: Mapping[str, WorkerNode],
    ) -> None:
        self._ground = ground
        self._dispatchers = dispatchers
        self._workers = workers

    # ------------------------------------------------------------ where nothing goes wrong

    @property
    def is_prompt(self) -> bool:
        """Return whether every free slot should be found at once.

        Tasks of two environments stand in one another's way; a dispatcher that starts late finds
        everybody waiting at once.
        """
        plan = self._ground.plan
        environments = {worker.environment for worker in plan.workers}
        return self._ground.quiet and len(environments) == 1 and not any(plan.dispatchers.values())

    @property
    def _was_wrecked(self) -> bool:
        """Return whether a worker has died, or has not come yet."""
        return any(worker.generation > 1 or not worker.up for worker in self._workers.values())

    def check_begun(self, task: TaskPlan) -> None:
        """Object if a task still waits while a slot has long been free for it.

        Not where a worker has died: what was given to it waits until it is called silent.
        """
        free = [
            name
            for name, worker in self._workers.items()
            if worker.up and worker.core.connected and worker.executor.free_ms() > PROMPT_MS
        ]
        if free and not self._was_wrecked and self._ground.referee.waits(task.new.id):
            text = f"{task.new.id} waits, and {free} had a free slot for {PROMPT_MS} ms"
            raise Violation(Rule.PROMPT, text)

    def check_quiet(self) -> None:
        """Object to every handshake, loss and stop that nothing explains."""
        if not self._ground.quiet or self._was_wrecked:
            return
        losses = self._ground.referee.losses()
        if losses:
            raise Violation(Rule.PROMPT, f"{losses} losses, though no worker was lost")
        again = {name: node.core.session.epoch for name, node in self._workers.items() if node.up}
        if any(again.values()) and not any(self._ground.plan.dispatchers.values()):
            raise Violation(Rule.PROMPT, f"sessions were opened again for nothing: {again}")

    # ------------------------------------------------------------ afterwards

    def check_settled(self) -> None:
        """Object if anybody still holds anything in the end, or if there is hurry without work."""
        timeline = self._ground.timeline
        calm_again = max(timeline.now, self._ground.plan.calm_ms)
        timeline.run(
            lambda: timeline.now > calm_again and not self._holdings(), calm_again + SETTLE_MS
        )
        if holdings := self._holdings():
            raise Violation(Rule.AT_REST, f"all tasks have ended, and yet there is {holdings}")
        before = timeline.steps
        timeline.run(lambda: False, timeline.now + SETTLED_MS)
        if holdings := self._holdings():
            raise Violation(Rule.AT_REST, f"without any work there is {holdings}")
        nodes = len(self._workers) + len(self._dispatchers)
        a_second = (timeline.steps - before) / (SETTLED_MS / 1_000) / nodes
        if a_second > MOST_AT_REST:
            raise Violation(Rule.AT_REST, f"{a_second:.0f} events a second and node without work")

    def _holdings(self) -> dict[str, object]:
        """Return what the nodes that are up hold; nothing of those that hold nothing."""
        held: dict[str, object] = {}
        for name, worker in self._workers.items():
            if worker.up and (in_hand := (*worker.core.held(), *range(worker.executor.in_hand))):
                held[name] = in_hand
        for name, dispatcher in self._dispatchers.items():
            if dispatcher.up and (leased := dispatcher.core.in_hand()):
                held[name] = leased
        return held
