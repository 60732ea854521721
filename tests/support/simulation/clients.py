"""The clients of a simulation: they submit and cancel until they are answered, and look again.

A client that was not answered says the same again, under the same id. One that finds that an
acknowledged task is not there any more (the store has lost its last writes) submits it anew, or
gives it up.
"""

from collections.abc import Callable

from gofer.domain.identifiers import TaskId
from tests.support.simulation.auditor import Auditor
from tests.support.simulation.desk import Desk, Unanswered
from tests.support.simulation.nodes import Ground
from tests.support.simulation.plan import TaskPlan

AGAIN_MS = 700.0
"""How long a client waits before it repeats what was not answered."""

GIVES_UP = 0.3
"""The share of clients that do not submit a vanished task anew."""


class Clients:
    """Carries out what the plan says about tasks; ``acknowledged`` is called for each submit."""

    def __init__(
        self,
        ground: Ground,
        desk: Desk,
        auditor: Auditor,
        acknowledged: Callable[[TaskPlan], None],
    ) -> None:
        self._ground = ground
        self._desk = desk
        self._auditor = auditor
        self._acknowledged = acknowledged

    def plan(self, task: TaskPlan) -> None:
        """Have a task submitted, and perhaps cancelled, when its time comes."""
        self._ground.timeline.after(task.submit_ms, lambda: self._submit(task))
        if task.cancel_ms is not None:
            self._ground.timeline.after(task.cancel_ms, lambda: self._cancel(task))

    def vanished(self, task_id: TaskId) -> None:
        """Find out, a little later, that a task is not there any more."""
        ground = self._ground
        if ground.chance.random() < GIVES_UP:
            ground.story.tell("", "gives up", task_id)
            self._auditor.given_up(task_id)
            return
        task = ground.referee.files[task_id].plan
        ground.timeline.after(ground.chance.uniform(1, 2_000), lambda: self._submit(task))

    def _submit(self, task: TaskPlan) -> None:
        self._ground.story.tell("", "submits", task.new)
        try:
            self._desk.submit(task.new)
        except Unanswered:
            self._ground.timeline.after(AGAIN_MS, lambda: self._submit(task))
        else:
            self._acknowledged(task)

    def _cancel(self, task: TaskPlan) -> None:
        task_id = task.new.id
        self._ground.referee.files[task_id].cancelled = True
        try:
            answer = self._desk.cancel(task_id)
        except Unanswered:
            self._ground.timeline.after(AGAIN_MS, lambda: self._cancel(task))
        else:
            self._ground.counts["cancels"] += 1
            self._ground.story.tell("", f"cancels {task_id}:", answer)
