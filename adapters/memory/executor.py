"""An executor without processes: for simulations, and for testing one's own code against gofer.

What "running" means is a function that the test brings. The executor itself never opens a
payload, starts nothing and knows no time: a task either ends at once, or runs until the test says
``finish``. It must never be used for work: there is no deadline and no protection.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from ...domain.identifiers import Attempt, TaskId
from ...domain.ports import Began, Ended, ExecutorEvent
from ...domain.protocol.messages import Assignment, FunctionBody
from ...domain.task import Cause, Failure, Outcome

Run = Callable[[FunctionBody, Assignment], Outcome | None]
"""Says how a task ends; None: it keeps running until ``finish`` or ``kill``."""


def scripted(script: Mapping[TaskId, Sequence[Outcome | None]]) -> Run:
    """Return a Run that gives each task its outcomes in turn, one for each attempt.

    Raises LookupError for a task or an attempt that is not in the script.
    """
    left = {task_id: deque(outcomes) for task_id, outcomes in script.items()}

    def run(_: FunctionBody, assignment: Assignment) -> Outcome | None:
        return left[assignment.attempt.task_id].popleft()

    return run


class InlineExecutor:
    """An Executor that runs tasks in order, inside ``events``, by calling ``run``."""

    def __init__(self, run: Run, slots: int = 1) -> None:
        """Let at most ``slots`` tasks run at once."""
        self._run = run
        self._slots = slots
        self._functions: dict[str, FunctionBody] = {}
        self._waiting: dict[Attempt, Assignment] = {}
        self._running: set[Attempt] = set()
        self._events: list[ExecutorEvent] = []
        self._news = asyncio.Event()

    @property
    def slots(self) -> int:
        """Return how many attempts run at once."""
        return self._slots

    async def start(self) -> None:
        """Do nothing: it is always ready."""

    def learn(self, functions: Sequence[FunctionBody]) -> None:
        """Keep functions, to be run by digest."""
        self._functions.update({function.digest: function for function in functions})

    def knows(self, digest: str) -> bool:
        """Return whether the function of this digest can be run now."""
        return digest in self._functions

    def execute(self, assignments: Sequence[Assignment]) -> None:
        """Let these wait for ``events`` to run them; one that is held already is left alone."""
        for assignment in assignments:
            if assignment.attempt not in self._running:
                self._waiting.setdefault(assignment.attempt, assignment)
        self._news.set()

    def take_back(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        """Withdraw those that have not begun; return them."""
        return [one for one in attempts if self._waiting.pop(one, None) is not None]

    def kill(self, attempts: Sequence[Attempt]) -> None:
        """Forget these, begun or not, and what was to be said of them."""
        unwanted = set(attempts)
        self.take_back(attempts)
        self._running -= unwanted
        self._events = [event for event in self._events if event.attempt not in unwanted]
        self._news.set()

    def finish(self, attempt: Attempt, outcome: Outcome) -> None:
        """End a task that keeps running; raise KeyError if it is not running."""
        self._running.remove(attempt)
        self._events.append(Ended(attempt, outcome))
        self._news.set()

    async def events(self) -> list[ExecutorEvent]:
        """Run what there is room for, and return what happened, in order, never none."""
        while True:
            self._work()
            if self._events:
                events, self._events = self._events, []
                return events
            self._news.clear()
            await self._news.wait()

    async def close(self) -> None:
        """Forget everything. May be repeated."""
        self._waiting.clear()
        self._running.clear()
        self._events.clear()

    def _work(self) -> None:
        while self._waiting and len(self._running) < self._slots:
            attempt = next(iter(self._waiting))
            assignment = self._waiting.pop(attempt)
            function = self._functions.get(assignment.digest)
            if function is None:
                message = f"the worker was never sent the function {assignment.digest}"
                outcome: Outcome | None = Failure(
                    Cause.INCOMPATIBLE, "UnknownFunction", message, attempt=attempt.number
                )
            else:
                outcome = self._run(function, assignment)
            if outcome is None:
                self._running.add(attempt)
                self._events.append(Began(attempt))
            else:
                self._events.append(Ended(attempt, outcome))
