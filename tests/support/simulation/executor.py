"""A worker's executor in simulated time: slots, runs as planned, deaths, late news."""

from collections.abc import Callable, Mapping, Sequence
from math import inf

from gofer.domain.identifiers import Attempt, TaskId
from gofer.domain.ports import Began, Ended, ExecutorEvent
from gofer.domain.protocol.messages import Assignment, FunctionBody
from gofer.domain.task import Cause, Failure, Outcome, Success
from tests.support.simulation.nodes import Ground
from tests.support.simulation.plan import Ending, RunPlan, TaskPlan

NEWS_MS = 3.0
"""The executor gathers events for up to this long before it tells them."""


class SimulatedExecutor:
    """Runs attempts ``slots`` at a time; ``wreck`` is called when one takes the worker down.

    Unless the plan is quiet, it now and then loses a function, or cannot take back what a child
    has seen.
    """

    def __init__(
        self,
        worker: str,
        slots: int,
        ground: Ground,
        tasks: Mapping[TaskId, TaskPlan],
        news: Callable[[], None],
        wreck: Callable[[], None],
    ) -> None:
        self._worker = worker
        self._slots = slots
        self._ground = ground
        self._timeline = ground.timeline
        self._referee = ground.referee
        self._chance = ground.chance
        self._moods = not ground.quiet
        self._tasks = tasks
        self._news = news
        self._wreck = wreck
        self._known: set[str] = set()
        self._seen: set[Attempt] = set()
        self._waiting: dict[Attempt, Assignment] = {}
        self._running: dict[Attempt, float] = {}
        self._events: list[ExecutorEvent] = []
        self._dead = False
        self._full_ms = ground.timeline.now
        self._thawed_ms = -inf
        self.frozen = False

    @property
    def in_hand(self) -> int:
        """Return how many attempts wait or run."""
        return len(self._waiting) + len(self._running)

    def knows(self, digest: str) -> bool:
        """Return whether a function can be run now; sometimes one has been dropped meanwhile."""
        if self._moods and self._chance.random() < 0.002:
            self._known.discard(digest)
            self._ground.mishap("functions dropped")
        return digest in self._known

    def learn(self, functions: Sequence[FunctionBody]) -> None:
        """Keep functions."""
        self._known.update(body.digest for body in functions)

    def execute(self, assignments: Sequence[Assignment]) -> None:
        """Run these, in order, as slots come free."""
        for assignment in assignments:
            self._waiting[assignment.attempt] = assignment
        self._fill()

    def take_back(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        """Withdraw those that have not begun, but for some that a child may have seen."""
        taken = [a for a in attempts if a in self._waiting and not self._was_seen()]
        self._seen.update(attempt for attempt in attempts if attempt not in taken)
        self._note_full()
        for attempt in taken:
            del self._waiting[attempt]
        return taken

    def kill(self, attempts: Sequence[Attempt], *, excused: bool) -> None:
        """Stop these at once; nothing more is heard of them."""
        self._note_full()
        for attempt in attempts:
            self._waiting.pop(attempt, None)
            if attempt in self._running:
                self._over(attempt)
                self._referee.stopped(attempt, excused=excused)
        self._events = [event for event in self._events if event.attempt not in attempts]
        self._fill()

    def free_ms(self) -> float:
        """Return for how long there has been a free slot."""
        self._note_full()
        return self._timeline.now - self._full_ms

    def die(self) -> None:
        """Stop everything for good."""
        for attempt in list(self._running):
            self._over(attempt)
        self._waiting.clear()
        self._dead = True

    def freeze(self, *, frozen: bool) -> None:
        """Begin nothing while the supervisor is stopped; what runs goes on."""
        self.frozen = frozen
        if not frozen:
            self._thawed_ms = self._timeline.now
        self._fill()

    def lose_child(self) -> bool:
        """Have the child that has run its task longest die; False if none runs any."""
        for attempt in self._running:
            self._finish(attempt, _killed(attempt, 9))
            return True
        return False

    def collect(self) -> list[ExecutorEvent]:
        """Return all events that were not told yet."""
        events, self._events = self._events, []
        return events

    # ------------------------------------------------------------ running

    def _fill(self) -> None:
        while self._waiting and len(self._running) < self._slots and not self.frozen:
            attempt = next(iter(self._waiting))
            del self._waiting[attempt]
            self._begin(attempt)

    def _begin(self, attempt: Attempt) -> None:
        earlier = self._referee.began(self._worker, attempt)
        if attempt not in self._seen:
            self._referee.begins_late(attempt, self._worker, self._thawed_ms)
        runs = self._tasks[attempt.task_id].runs
        run = runs[min(earlier, len(runs) - 1)]
        began_ms = self._running[attempt] = self._timeline.now
        self._timeline.after(run.run_ms, lambda: self._end(attempt, began_ms, run))
        if run.run_ms > NEWS_MS or self._chance.random() < 0.5:
            self._events.append(Began(attempt))
            self._tell()

    def _end(self, attempt: Attempt, began_ms: float, run: RunPlan) -> None:
        if self._running.get(attempt) != began_ms:
            return
        if run.ending is Ending.WRECKS:
            self._wreck()
            return
        self._finish(attempt, _outcome(attempt, run))

    def _finish(self, attempt: Attempt, outcome: Outcome) -> None:
        self._note_full()
        self._over(attempt)
        self._referee.ended_with(attempt, outcome)
        self._events.append(Ended(attempt, outcome))
        self._tell()
        self._fill()

    def _over(self, attempt: Attempt) -> None:
        """Let go of a run; what a supervisor that was stopped has let run on is no fault of it."""
        began_ms = self._running.pop(attempt)
        if not self.frozen and self._thawed_ms < began_ms:
            self._referee.outlasts(attempt, self._worker, began_ms)

    def _was_seen(self) -> bool:
        return self._moods and self._chance.random() < 0.1

    def _note_full(self) -> None:
        if self.in_hand >= self._slots:
            self._full_ms = self._timeline.now

    def _tell(self) -> None:
        def tell() -> None:
            if self._events and not self._dead:
                self._news()

        self._timeline.after(self._chance.uniform(0, NEWS_MS), tell)


def _outcome(attempt: Attempt, run: RunPlan) -> Outcome:
    told = f"{attempt} {attempt.token}"
    if run.ending is Ending.RETURNS:
        return Success(told.encode(), run_ms=run.run_ms)
    if run.ending is Ending.RAISES:
        return Failure(Cause.EXCEPTION, "ValueError", told, run_ms=run.run_ms)
    if run.ending is Ending.KILLED:
        return _killed(attempt, 11)
    return Failure(Cause.EXIT, "ProcessDied", told, exit_code=3, run_ms=run.run_ms)


def _killed(attempt: Attempt, signal: int) -> Failure:
    return Failure(Cause.SIGNAL, "ProcessDied", f"{attempt} {attempt.token}", signal=signal)
