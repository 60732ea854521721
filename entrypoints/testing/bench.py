"""Which tasks a test holds: they have begun and wait for the test to say how they end."""

import asyncio

from ...adapters.memory.executor import Run
from ...domain.identifiers import Attempt, TaskId
from ...domain.protocol.messages import Assignment, FunctionBody
from ...domain.task import Outcome


class Bench:
    """A ``Run`` that notes what the test's own ``run`` leaves running; for one event loop."""

    def __init__(self, run: Run) -> None:
        """Ask ``run`` how each task ends."""
        self._run = run
        self._held: dict[TaskId, Attempt] = {}
        self._news = asyncio.Event()

    def __call__(self, function: FunctionBody, assignment: Assignment) -> Outcome | None:
        """Return how the task ends, or None and note that it is held."""
        outcome = self._run(function, assignment)
        if outcome is None:
            self._held[assignment.attempt.task_id] = assignment.attempt
            self._news.set()
            self._news = asyncio.Event()
        return outcome

    async def begun(self, task_id: TaskId) -> Attempt:
        """Wait until the task is held; return its attempt."""
        while task_id not in self._held:
            await self._news.wait()
        return self._held[task_id]

    def let_go(self, task_id: TaskId) -> None:
        """Hold the task no more; should it be tried again, it is held anew."""
        del self._held[task_id]
