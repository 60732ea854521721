"""Watches everything that happens in a simulation, and objects to what must never happen.

It sees more than any node does: every run that begins and ends, every message that grants or
acknowledges something. What the store says is the auditor's part (``auditor.py``); both write
into the one file that is kept of each task.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from gofer.domain.identifiers import Attempt, Session, TaskId
from gofer.domain.policy import Timers
from gofer.domain.protocol.messages import Hello, Orders, Report, ToDispatcher
from gofer.domain.task import Outcome, Spent, Task, TaskStatus
from tests.support.simulation.plan import TaskPlan
from tests.support.simulation.rules import Rule, Violation
from tests.support.simulation.watched import StoreClock, WatchedStore

AT_ONCE_MS = 1.0
"""How long a run may last whose lease is over before it begins."""

CLOCKS_DIFFER = 0.01
"""Of two nodes, at most: ``nodes.DRIFT`` for each."""


@dataclass(slots=True)
class File:
    """What is known of one task.

    ``leased`` is the highest attempt number given out, ``excused`` are runs that cost nothing: a
    drain handed them back, or the store has forgotten them. ``vanished``: the store has forgotten
    the task itself; ``given_up``: and its client will not submit it anew.
    """

    plan: TaskPlan
    submitted: bool = False
    vanished: bool = False
    given_up: bool = False
    cancelled: bool = False
    leased: int = 0
    spent: Spent = field(default_factory=Spent)
    ended: tuple[Task, Outcome | None] | None = None
    runs: list[Attempt] = field(default_factory=list[Attempt])
    excused: set[Attempt] = field(default_factory=set[Attempt])


class Referee:
    """Knows what must hold at every step."""

    def __init__(
        self,
        store: WatchedStore,
        clock: StoreClock,
        tasks: Mapping[TaskId, TaskPlan],
        timers: Timers,
    ) -> None:
        self._store = store
        self._clock = clock
        self._lease_ms = timers.lease_ms
        self._drift_ms = CLOCKS_DIFFER * timers.silence_ms
        self.aftermath_ms = timers.silence_ms + timers.lease_ms
        self.files = {task_id: File(plan) for task_id, plan in tasks.items()}
        self.produced: dict[Attempt, Outcome] = {}
        self.lease_ends: dict[Attempt, float] = {}
        self.lost_at_ms: dict[Attempt, float] = {}
        self.mishap_ms = -inf
        self._troubles = 0
        self._trouble_ms = -inf
        self.lossy = False
        self._ran: dict[Attempt, str] = {}
        self._granted: dict[Session, int] = {}

    # ------------------------------------------------------------ runs

    def began(self, worker: str, attempt: Attempt) -> int:
        """See a run begin; return how many runs the task has had before."""
        if attempt in self._ran:
            raise Violation(
                Rule.ONE_RUN, f"{attempt} ran on {self._ran[attempt]} and again on {worker}"
            )
        self._ran[attempt] = worker
        file = self.files[attempt.task_id]
        file.runs.append(attempt)
        paid = sum(each not in file.excused for each in file.runs)
        budget = file.plan.new.budget
        most = 1 + budget.retries + budget.redeliveries + budget.worker_losses
        if budget.worker_losses:
            most += 1  # a first attempt that was lost before its start was told costs nothing
        if paid > most:
            raise Violation(Rule.BUDGET, f"{attempt} is run {paid}; the budgets allow {most}")
        return len(file.runs) - 1

    def stopped(self, attempt: Attempt, *, excused: bool) -> None:
        """See a run stopped; ``excused`` if it is not to count: a drain handed it back."""
        if excused:
            self.files[attempt.task_id].excused.add(attempt)

    def outlasts(self, attempt: Attempt, worker: str, began_ms: float) -> None:
        """Object to a run that goes on, or has just ended, after its lease.

        Not where the store was in trouble since the lease was given: its dispatcher let workers
        go on then, because nobody else could take the lease either. A run that begins late (its
        dispatcher had been stopped) must be stopped at once.
        """
        ends = self.lease_ends.get(attempt, inf) - self._clock.ahead_ms
        late = self._clock.timeline.now - max(ends, began_ms + AT_ONCE_MS)
        if late > 0 and not self._troubles and self._trouble_ms < ends - self._lease_ms:
            raise Violation(
                Rule.SELF_FENCE, f"{attempt} ran on {worker} {late:.0f} ms after its lease"
            )

    def begins_late(self, attempt: Attempt, worker: str, since_ms: float) -> None:
        """Object to a run that begins after its worker was given up and its task taken from it.

        ``since_ms``: since when the worker has been able to act. What it begins in the very
        moment in which it wakes up it has not had the time to doubt.
        """
        now = self._clock.timeline.now
        lost_ms = self.lost_at_ms.get(attempt, inf)
        late_ms = now - max(lost_ms + self._drift_ms, since_ms + AT_ONCE_MS)
        if late_ms > 0:
            raise Violation(
                Rule.STILL_OURS,
                f"{attempt} began on {worker} {now - lost_ms:.0f} ms after it was given up",
            )

    def ended_with(self, attempt: Attempt, outcome: Outcome) -> None:
        """See a run end with an outcome."""
        self.produced[attempt] = outcome

    def runner(self, attempt: Attempt) -> str:
        """Return where an attempt ran."""
        return self._ran[attempt]

    def ran(self, attempt: Attempt) -> bool:
        """Return whether an attempt has ever begun."""
        return attempt in self._ran

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
            raise Violation(
                Rule.CREDIT, f"{worker} has {in_hand} tasks in hand and granted at most {granted}"
            )

    def ordered(self, orders: Orders) -> None:
        """See Orders leave: an outcome may be forgotten only if nobody waits for it any more."""
        for attempt in orders.recorded:
            record = self._store.record(attempt.task_id)
            if (
                record is not None
                and record.status is TaskStatus.RUNNING
                and record.attempt == attempt
                and attempt not in self.files[attempt.task_id].excused
            ):
                raise Violation(Rule.RECORDED_FIRST, f"{attempt} is acknowledged, not recorded")

    # ------------------------------------------------------------ what goes wrong

    def mishap(self, now: float) -> None:
        """See something go wrong, or end: workers may be lost through it."""
        self.mishap_ms = max(self.mishap_ms, now)

    def trouble_begins(self) -> None:
        """See trouble with the store begin: it promises nothing about leases now."""
        self._troubles += 1

    def trouble_ends(self, now: float) -> None:
        """See trouble with the store end."""
        self._troubles -= 1
        self._trouble_ms = now

    # ------------------------------------------------------------ how it stands

    def waits(self, task_id: TaskId) -> bool:
        """Return whether a task has neither ended nor ever begun."""
        file = self.files[task_id]
        return file.submitted and file.ended is None and not file.runs

    def losses(self) -> int:
        """Return how many losses of workers the tasks were charged."""
        return sum(file.spent.losses for file in self.files.values())

    @property
    def runs(self) -> int:
        """Return how many runs began."""
        return len(self._ran)

    def unfinished(self) -> list[TaskId]:
        """Return the tasks that have not ended, and have not been given up by their clients."""
        return [
            task_id
            for task_id, file in self.files.items()
            if file.ended is None and not file.given_up
        ]
