"""Watches everything that happens in a simulation, and objects to what must never happen.

It sees more than any node does: every run that begins and ends, every answer of the store, every
message that grants or acknowledges something.
"""

from collections.abc import Iterable, Mapping

from gofer.adapters.memory.store import MemoryStore
from gofer.domain.identifiers import Attempt, Session, TaskId
from gofer.domain.protocol.messages import Hello, Orders, Report, ToDispatcher
from gofer.domain.task import Cause, Failure, Outcome, Task, TaskStatus
from tests.support.simulation.coroutines import drive
from tests.support.simulation.plan import TaskPlan
from tests.support.simulation.timeline import Story, Violation

OURS = frozenset({Cause.WORKER_LOST, Cause.CANCELLED})
"""Causes that no run ever gives: dispatchers and the store do."""


CHECK_EVERY = 8
"""The whole store is looked over after every so many calls; the tasks of a call, after each."""


class Referee:
    """Knows what must hold at every step."""

    def __init__(self, story: Story, store: MemoryStore, tasks: Mapping[TaskId, TaskPlan]) -> None:
        self._story = story
        self._store = store
        self._tasks = tasks
        self._ended: dict[TaskId, tuple[Task, Outcome | None]] = {}
        self._leased: dict[TaskId, int] = {}
        self._running: dict[Attempt, str] = {}
        self._runs: dict[Attempt, str] = {}
        self._excused: set[Attempt] = set()
        self._produced: dict[Attempt, Outcome] = {}
        self._calls = 0
        self._granted: dict[Session, int] = {}

    # ------------------------------------------------------------ runs

    def began(self, worker: str, attempt: Attempt) -> int:
        """See a run begin; return how many runs the task has had before."""
        if attempt in self._runs:
            raise Violation(f"{attempt} ran on {self._runs[attempt]} and again on {worker}")
        self._runs[attempt] = self._running[attempt] = worker
        earlier = [a for a in self._runs if a.task_id == attempt.task_id and a != attempt]
        paid = len(set(earlier) - self._excused)
        budget = self._tasks[attempt.task_id].new.budget
        most = 1 + budget.retries + budget.redeliveries + budget.worker_losses
        if budget.worker_losses:
            most += 1  # a first attempt that was lost before its start was told costs nothing
        if paid + 1 > most:
            raise Violation(f"{attempt} is run {paid + 1}; the budgets allow {most}")
        return len(earlier)

    def stopped(self, attempt: Attempt, *, excused: bool = False) -> None:
        """See a run stopped; ``excused`` if it is not to count: a drain handed it back."""
        self._running.pop(attempt, None)
        if excused:
            self._excused.add(attempt)

    def produced(self, attempt: Attempt, outcome: Outcome) -> None:
        """See a run end with an outcome."""
        self._running.pop(attempt, None)
        self._produced[attempt] = outcome

    # ------------------------------------------------------------ messages

    def told(self, message: ToDispatcher, in_hand: int) -> None:
        """See what a worker says; what it has in hand when it says Hello it may keep."""
        if isinstance(message, Hello):
            most = max(message.window, in_hand)
        elif isinstance(message, Report):
            most = message.window
        else:
            return
        self._granted[message.session] = max(self._granted.get(message.session, 0), most)

    def holds(self, worker: str, session: Session, in_hand: int) -> None:
        """See how much a worker has in hand."""
        granted = self._granted.get(session, in_hand)
        if in_hand > granted:
            raise Violation(f"{worker} has {in_hand} tasks in hand and granted at most {granted}")

    def ordered(self, orders: Orders) -> None:
        """See Orders leave: an outcome may be forgotten only if nobody waits for it any more."""
        if orders.recorded:
            tasks = drive(self._store.get([attempt.task_id for attempt in orders.recorded]))
            for attempt, task in zip(orders.recorded, tasks, strict=True):
                if (
                    task is not None
                    and task.status is TaskStatus.RUNNING
                    and task.attempt == attempt.number
                ):
                    raise Violation(f"{attempt} is acknowledged, and not recorded")

    # ------------------------------------------------------------ the store

    def leased(self, attempt: Attempt) -> None:
        """See an attempt given out by the store."""
        if attempt.number <= self._leased.get(attempt.task_id, 0):
            raise Violation(f"{attempt} was leased twice")
        self._leased[attempt.task_id] = attempt.number

    def looked(self, touched: Iterable[TaskId]) -> None:
        """Look at tasks of the store after a call, and at the store as a whole."""
        ids = list(touched)
        self._calls += bool(ids)
        if self._calls % CHECK_EVERY == 0:
            self._store.check()
        for task_id, found in zip(ids, drive(self._store.outcomes(ids)), strict=True):
            if found is None:
                raise Violation(f"task {task_id} is lost")
            task, outcome = found
            if task.attempt < self._leased.get(task_id, 0):
                raise Violation(f"the attempts of {task_id} went back to {task.attempt}")
            before = self._ended.get(task_id)
            if before is not None:
                if before != found:
                    raise Violation(f"the outcome of {task_id} changed: {before}, now {found}")
            elif task.status.is_terminal:
                self._ended[task_id] = found
                self._is_true(task, outcome)

    def _is_true(self, task: Task, outcome: Outcome | None) -> None:
        self._story.tell("", f"task {task.id} ended", task.status)
        if isinstance(outcome, Failure) and outcome.cause in OURS:
            return
        mine = [o for a, o in self._produced.items() if (a.task_id, a.number) == _key(task)]
        if outcome is None or mine != [outcome]:
            raise Violation(f"{task} has the outcome {outcome}; its attempt produced {mine}")

    def waits(self, task_id: TaskId) -> bool:
        """Return whether a task has neither ended nor ever begun."""
        return task_id not in self._ended and all(a.task_id != task_id for a in self._runs)

    def losses(self) -> int:
        """Return how many losses of workers the tasks that ended were charged."""
        return sum(task.spent.losses for task, _ in self._ended.values())

    @property
    def ended(self) -> int:
        """Return how many tasks have ended."""
        return len(self._ended)

    @property
    def runs(self) -> int:
        """Return how many runs began."""
        return len(self._runs)

    def unfinished(self) -> list[TaskId]:
        """Return the tasks that have not ended."""
        return [task_id for task_id in self._tasks if task_id not in self._ended]


def _key(task: Task) -> tuple[TaskId, int]:
    return (task.id, task.attempt)
