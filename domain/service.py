"""The use cases behind every way in: register, submit, status, result, wait, cancel.

Routes, the SDK and the command line translate to and from these calls and decide nothing
themselves. The service holds no state of its own: two of them over one store are one service.
It never opens a payload.
"""

from collections.abc import Sequence
from typing import NamedTuple

from .attempts import AttemptRecord
from .batches import Batches
from .errors import GoferError, Gone, NotFailed
from .explaining import Explanation, Facts, explain
from .function import Environment
from .functions import Functions
from .identifiers import FunctionId, TaskId
from .outputs import Outputs, missing
from .ports import (
    Cancelled,
    Clock,
    End,
    Entropy,
    Feed,
    PayloadInspector,
    Retried,
    Store,
    TaskPage,
    TaskQuery,
    TaskStore,
    Telemetry,
)
from .queues import Queues
from .submissions import Admission, Limits, Submission
from .task import Outcome, Task
from .wishes import Aside, Examiner, at_once
from .workers import Workers


class Called(NamedTuple):
    """A task that was called and has ended, and how."""

    id: TaskId
    end: End


class Service:
    """gofer's use cases over a store; safe to share between all requests of one event loop."""

    def __init__(  # noqa: PLR0913, PLR0917 - one parameter a port
        self,
        store: Store,
        tasks: TaskStore,
        inspector: PayloadInspector,
        clock: Clock,
        entropy: Entropy,
        environment: Environment,
        limits: Limits,
        telemetry: Telemetry,
        aside: Aside = at_once,
    ) -> None:
        """Take the ports; ``environment`` is assumed for functions that name none.

        ``aside`` looks at long sources where it holds up nobody.

        ``tasks`` is the store's own port, or one that gathers calls for it.
        """
        self.workers = Workers(store.workers)
        self.queues = Queues(store.queues)
        self.output = Outputs(tasks, store.output, store.history)
        self._history = store.history
        self._events = store.events
        self._store = store
        self._clock = clock
        self._tasks = tasks
        self.leaving = False
        self._admission = Admission(tasks, inspector, limits, clock, entropy, telemetry)
        self.batches = Batches(tasks, store, self._admission, clock, entropy)
        examiner = Examiner(inspector, environment, limits, aside)
        told = (clock, self.new_id, telemetry)
        self.functions = Functions(store, store.workers, examiner, *told)

    def new_id(self) -> str:
        """Return a fresh id, for a task or a function."""
        return self._admission.new_id()

    async def register(self, name: str, payload: bytes) -> FunctionId:
        """Store a function as the original contract has it, and return its new id.

        Raises InvalidInput (a name over the limit), InvalidPayload or TooLarge, and then nothing
        was stored; StoreUnavailable.
        """
        return await self.functions.add(name, payload)

    async def submit(self, submissions: Sequence[Submission]) -> list[TaskId]:
        """Record tasks and return their ids, in order; a 2xx may be sent once this returns.

        Raises InvalidPayload, TooLarge or InvalidInput before anything is stored, for the whole
        batch; NotFound (a function), QueueFull or KeyReused for the first task refused, in which
        case the others of the batch may be stored; StoreUnavailable.
        """
        admitted = [self._admission.admit(submission) for submission in submissions]
        ids: list[TaskId] = []
        for answer in await self._admission.record(admitted):
            if isinstance(answer, GoferError):
                raise answer
            ids.append(answer)
        return ids

    async def status(self, task_id: TaskId) -> Task:
        """Return a task as it stands; raise NotFound, StoreUnavailable.

        NotFound is Gone, here and below, where it is known that the task was there.
        """
        (task,) = await self._tasks.get([task_id])
        if task is None:
            raise await missing(self._history, task_id)
        return task

    async def outcome(self, task_id: TaskId) -> tuple[Task, Outcome | None]:
        """Return a task and, if it has ended and as long as that is kept, its outcome.

        Raises NotFound, StoreUnavailable.
        """
        (found,) = await self._tasks.outcomes([task_id])
        if found is None:
            raise await missing(self._history, task_id)
        return found

    async def wait(self, task_id: TaskId, timeout_s: float) -> tuple[Task, Outcome | None]:
        """Return as ``outcome`` does, but only when the task has ended or time is up."""
        if timeout_s > 0:
            await self._tasks.wait([task_id], timeout_s)
        return await self.outcome(task_id)

    async def call(self, submission: Submission, timeout_s: float) -> "Called | Task":
        """Record a task, wait, and return how it ended, or the task where it has not in time.

        A task that ends in time costs the store no look: its end is waited for from before it was
        recorded on. Raises what ``submit`` raises.
        """
        task = self._admission.admit(submission)
        with self._tasks.expect(task.id) as expected:
            (answer,) = await self._admission.record([task])
            if isinstance(answer, GoferError):
                raise answer
            if answer != task.id:  # it is known by its key, and may have ended long ago
                return _called(*await self.wait(answer, timeout_s))
            found = await expected.ended(timeout_s)
        if found is None:
            return _called(*await self.outcome(task.id))
        return Called(task.id, found)

    async def result(self, task_id: TaskId, timeout_s: float) -> tuple[Task, Outcome | None]:
        """Return as ``wait`` does; raise Gone if the task's outcome is kept no longer."""
        task, outcome = await self.wait(task_id, timeout_s)
        if outcome is None and task.status.is_terminal:
            raise Gone("result of task", task_id, f"for {task.result_ttl_ms / 1000:g} s")
        return task, outcome

    async def cancel(self, task_id: TaskId) -> Cancelled:
        """End a task that has not ended; raise NotFound, StoreUnavailable."""
        (answer,) = await self._tasks.cancel([task_id])
        if answer is Cancelled.GONE:
            raise await missing(self._history, task_id)
        return answer

    async def retry(self, task_id: TaskId) -> Task:
        """Queue a task again that did not complete, with all of its budget.

        Returns it as it stands then. Raises NotFound, StoreUnavailable, and NotFailed where it has
        not ended or has completed.
        """
        (answer,) = await self._history.retry([task_id])
        if answer is Retried.GONE:
            raise await missing(self._history, task_id)
        task = await self.status(task_id)
        if answer is Retried.NOT_FAILED:
            raise NotFailed(task_id, task.status)
        if answer is Retried.LOST:
            raise NotFailed(task_id, task.status, "its arguments are gone: submit it anew")
        return task

    async def find(self, query: TaskQuery, cursor: str, limit: int) -> TaskPage:
        """Return up to ``limit`` tasks, the newest first, from behind ``cursor`` on.

        A page may be short and not be the last. Raises StoreUnavailable.
        """
        return await self._history.find(query, cursor, limit)

    async def attempts(self, task_id: TaskId) -> list[AttemptRecord]:
        """Return a task's attempts that began, in order; raise NotFound, StoreUnavailable."""
        found = await self._history.attempts(task_id)
        if found is None:
            raise await missing(self._history, task_id)
        return found

    async def events(self, after: str, limit: int, timeout_s: float) -> Feed:
        """Return up to ``limit`` changes of tasks behind a cursor (empty: from now on).

        Where there is none yet, waits for one, at most ``timeout_s``. Raises InvalidInput for a
        cursor that is none, StoreUnavailable.
        """
        return await self._events.changes(after, limit, timeout_s)

    async def explain(self, task_id: TaskId) -> Explanation:
        """Return why a task is where it is; raise NotFound, StoreUnavailable.

        A view: what it is made of is not of one moment.
        """
        task, outcome = await self.outcome(task_id)
        attempts = await self._history.attempts(task_id) or []
        if outcome is None and task.status.is_terminal and attempts:
            outcome = attempts[-1].failure  # its result is kept no longer
        (function,) = await self._store.heads([task.function_id])
        facts = Facts(
            task=task,
            outcome=outcome,
            attempts=attempts,
            standing=await self._store.queues.standing(),
            place=await self._store.queues.place(task_id),
            workers=await self._store.workers.workers(),
            now_ms=self._clock.unix_ms(),
            function=function,
        )
        return explain(facts)

    def leave(self) -> None:
        """Answer all who wait as if their time were up, now and from now on."""
        self.leaving = True
        self._tasks.wake()

    async def store_health(self) -> str:
        """Return "connected", or raise StoreUnavailable with the reason."""
        return await self._tasks.ping()


def _called(task: Task, outcome: Outcome | None) -> Called | Task:
    return task if outcome is None else Called(task.id, End(task.status, outcome))
