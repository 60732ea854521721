"""The referee's half that reads the store: after every call, what the call touched.

Everything at once is looked over now and then only (``CHECK_EVERY``), and at the end. When the
store goes back to an older state, so does what is believed of it: what it forgot may happen again
or not at all, and nothing else may.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from gofer.adapters.memory.record import Record
from gofer.adapters.memory.records import Records
from gofer.domain.identifiers import Attempt, TaskId
from gofer.domain.ports import Defeat, Repeated, Submitted, Written
from gofer.domain.protocol.verdicts import is_loss
from gofer.domain.task import Cause, Failure, Outcome, Spent, Task, TaskStatus
from tests.support.simulation.referee import File, Referee
from tests.support.simulation.rules import Rule, Violation
from tests.support.simulation.timeline import Story
from tests.support.simulation.watched import StoreClock, WatchedStore

CHECK_EVERY = 128
"""The whole store is looked over after every so many calls; the tasks of a call, after each."""


NEW = (Submitted.NEW,)


class _Belief(NamedTuple):
    """What was believed of a task."""

    leased: int
    spent: Spent
    ended: tuple[Task, Outcome | None] | None
    lease_end: float


@dataclass(frozen=True, slots=True)
class Mark:
    """The store as it was, and what was believed of it then."""

    image: Records
    beliefs: dict[TaskId, _Belief]


class Auditor:
    """Compares what the store says with what happened."""

    def __init__(
        self, store: WatchedStore, clock: StoreClock, referee: Referee, story: Story
    ) -> None:
        self._store = store
        self._clock = clock
        self._referee = referee
        self._story = story
        self._files = referee.files
        self._issued: set[Attempt] = set()
        self._leased_at: dict[Attempt, float] = {}
        self._calls = 0
        self.pending = len(referee.files)

    # ------------------------------------------------------------ submits

    def is_there(self, task_id: TaskId) -> bool:
        """Return whether the store must know a task."""
        file = self._files[task_id]
        return file.submitted and not file.vanished

    def submitted(self, task_id: TaskId, answer: Submitted | Repeated) -> None:
        """See a task submitted: NEW the first time, and when the store had forgotten it."""
        file = self._files[task_id]
        wanted = (Submitted.EXISTS, Repeated(task_id)) if self.is_there(task_id) else NEW
        if answer not in wanted:
            raise Violation(Rule.ONCE, f"{task_id} was submitted: {answer}")
        self.pending += file.given_up
        file.submitted, file.vanished, file.given_up = True, False, False

    def given_up(self, task_id: TaskId) -> None:
        """See a client not submit a task anew that had vanished."""
        file = self._files[task_id]
        self.pending -= not file.given_up
        file.given_up = True

    # ------------------------------------------------------------ leases

    def leased(self, attempt: Attempt) -> None:
        """See an attempt given out by the store."""
        file = self._files[attempt.task_id]
        if attempt.number <= file.leased or attempt in self._issued:
            raise Violation(Rule.ATTEMPTS_GROW, f"{attempt} was leased twice")
        self._issued.add(attempt)
        self._leased_at[attempt] = self._clock.timeline.now
        file.leased = attempt.number

    def confirmed(self, attempts: Iterable[Attempt]) -> None:
        """See the store say that these hold their leases."""
        for attempt in attempts:
            record = self._store.record(attempt.task_id)
            is_running = record is not None and record.status is TaskStatus.RUNNING
            if record is None or record.attempt != attempt or not is_running:
                raise Violation(Rule.ONE_LEASE, f"{attempt} was confirmed; there is {record}")

    def reaped(self, attempt: Attempt) -> None:
        """See a lease taken away because it has expired."""
        left = self._referee.lease_ends.get(attempt, 0.0) - self._clock.steady_ms()
        if left > 0:
            raise Violation(Rule.LEASE_HOLDS, f"{attempt} was reaped {left:.0f} ms too early")

    def defeated(self, answers: Iterable[tuple[Defeat, Written]]) -> None:
        """See tasks taken from workers that are called lost."""
        for defeat, answer in answers:
            if is_loss(defeat) and answer is Written.RECORDED:
                self._referee.lost_at_ms[defeat.attempt] = self._clock.timeline.now

    # ------------------------------------------------------------ looking

    def looked(self, touched: Iterable[TaskId]) -> None:
        """Look at tasks of the store after a call, and now and then at the whole store."""
        self._calls += 1
        for task_id in touched:
            self._look_at(task_id, self._files[task_id])
        if self._calls % CHECK_EVERY == 0:
            self.check()

    def check(self) -> None:
        """Look the whole store over."""
        try:
            self._store.check()
        except AssertionError as error:
            raise Violation(Rule.ONE_PLACE, str(error)) from error
        for task_id, file in self._files.items():
            if file.submitted:
                self._look_at(task_id, file)

    def _look_at(self, task_id: TaskId, file: File) -> None:
        record = self._store.record(task_id)
        if record is None:
            if file.vanished or not file.submitted:
                return
            raise Violation(Rule.NOT_LOST, f"task {task_id} is lost")
        misplaced = self._store.misplaced(record)
        if misplaced:
            raise Violation(Rule.ONE_PLACE, misplaced)
        if record.number < file.leased:
            raise Violation(
                Rule.ATTEMPTS_GROW, f"the attempts of {task_id} went back to {record.number}"
            )
        if record.spent != file.spent:
            self._charged(file, record)
        if file.ended is not None:
            if file.ended != (record.shown(), record.outcome):
                raise Violation(
                    Rule.FINAL, f"the outcome of {task_id} was {file.ended}, and is now {record}"
                )
        elif record.status.is_terminal:
            self._ended(file, record)
        elif record.status is TaskStatus.RUNNING and record.attempt is not None:
            self._referee.lease_ends[record.attempt] = record.lease_until

    def _ended(self, file: File, record: Record) -> None:
        task = record.shown()
        file.ended = (task, record.outcome)
        self.pending -= 1
        self._story.tell("", f"task {task.id} ended", task.status)
        outcome, attempt = record.outcome, record.attempt
        if isinstance(outcome, Failure) and outcome.cause is Cause.CANCELLED:
            if not file.cancelled:
                raise Violation(Rule.TRUE_OUTCOME, f"nobody has cancelled {task}")
        elif isinstance(outcome, Failure) and outcome.cause is Cause.WORKER_LOST:
            self._lost_by_mishap(record)
        elif attempt is None or outcome is None or self._referee.produced.get(attempt) != outcome:
            mine = None if attempt is None else self._referee.produced.get(attempt)
            raise Violation(
                Rule.TRUE_OUTCOME, f"{task} has the outcome {outcome}; its attempt made {mine}"
            )

    # ------------------------------------------------------------ who pays

    def _charged(self, file: File, record: Record) -> None:
        before, after = file.spent, record.spent
        file.spent = after
        retried = after.retries - before.retries
        struck = after.strikes - before.strikes
        lost = after.losses - before.losses
        if sorted((retried, struck, lost)) != [0, 0, 1] or record.attempt is None:
            raise Violation(Rule.BLAME, f"{record.new.id} was charged {before}, now {after}")
        if lost:
            self._lost_by_mishap(record)
            return
        outcome = self._referee.produced.get(record.attempt)
        if not isinstance(outcome, Failure) or (outcome.cause is Cause.EXCEPTION) != bool(retried):
            kind = "retry" if retried else "strike"
            raise Violation(
                Rule.BLAME, f"{record.attempt} was charged a {kind}; it has made {outcome}"
            )

    def _lost_by_mishap(self, record: Record) -> None:
        """Object to a loss that nothing explains: no process died or stopped, all was heard."""
        referee = self._referee
        if record.attempt is None:
            raise Violation(Rule.BLAME, f"{record.new.id} never ran and is called lost")
        since = self._leased_at[record.attempt] - referee.aftermath_ms
        if not referee.lossy and referee.mishap_ms < since:
            raise Violation(Rule.BLAME, f"{record.attempt} is called lost, and nothing had failed")
        budget = record.new.budget.worker_losses
        was_begun = referee.ran(record.attempt) or record.number > 1 or not budget
        if not was_begun:
            raise Violation(Rule.BLAME, f"{record.attempt} was charged a loss before it began")

    # ------------------------------------------------------------ going back

    def mark(self) -> Mark:
        """Remember how all stands."""
        ends = self._referee.lease_ends
        beliefs: dict[TaskId, _Belief] = {}
        for task_id, file in self._files.items():
            record = self._store.record(task_id)
            attempt = None if record is None else record.attempt
            end = 0.0 if attempt is None else ends.get(attempt, 0.0)
            beliefs[task_id] = _Belief(file.leased, file.spent, file.ended, end)
        return Mark(self._store.image(), beliefs)

    def go_back(self, mark: Mark) -> tuple[list[TaskId], Counter[str]]:
        """Put the store back as it was, and believe what was believed then, of what it forgot.

        Return the tasks that it has forgotten altogether, and how much else.
        """
        counts: Counter[str] = Counter()
        vanished: list[TaskId] = []
        for task_id, file in self._files.items():
            now, before = self._store.record(task_id), mark.image.tasks.get(task_id)
            if now is None or now == before:
                continue
            belief = mark.beliefs[task_id]
            counts["outcomes undone"] += file.ended is not None and belief.ended is None
            self.pending += file.ended is not None and belief.ended is None
            file.leased, file.spent, file.ended, end = belief
            first = 0 if before is None else before.number
            file.excused.update(
                each for each in self._issued if each.task_id == task_id and each.number >= first
            )
            if before is None:
                file.vanished = True
                vanished.append(task_id)
            elif before.attempt is not None:
                self._referee.lease_ends[before.attempt] = end
        self._referee.lost_at_ms.clear()  # some of it is not true any more
        self._store.put_back(mark.image)
        counts["submits undone"] = len(vanished)
        self.check()
        return vanished, counts
