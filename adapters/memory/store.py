"""The reference of the store's ports: tasks, batches and functions, in one process's memory.

The store on Redis is compared with it, the simulation runs on it, and a user's own tests get it.
Only ``wait`` and ``listen`` ever suspend, and only when there is nothing to tell yet; every other
method runs to its end at once. Time is read from the Clock port alone (how long
``wait`` and ``listen`` block is the event loop's business). Nothing here survives the process,
and a store must be used from one event loop.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from ...domain.identifiers import Attempt, TaskId, WorkerId
from ...domain.ports import (
    Cancelled,
    Claim,
    Clock,
    Completion,
    Credit,
    Defeat,
    Hint,
    Leased,
    Reaped,
    Repeated,
    Submitted,
    Written,
)
from ...domain.task import NewTask, Outcome, Task, TaskStatus
from . import checking, handing, hints, transitions
from .batches import MemoryBatches
from .events import MemoryEvents
from .expecting import Expectation
from .functions import MemoryFunctions
from .ground import Ground
from .history import MemoryHistory
from .output import MemoryOutput
from .queues import MemoryQueues
from .record import Record
from .records import Records
from .workers import MemoryWorkers

DAY_MS = 24 * 60 * 60 * 1000


class MemoryStore(MemoryBatches, MemoryFunctions):
    """Tasks and functions in memory, by the rules of ``domain.ports``.

    ``retention_ms`` is how long ended tasks can be asked for; ``queued_limit`` is how many
    unfinished tasks are held before ``submit`` answers FULL.
    """

    def __init__(
        self, clock: Clock, *, retention_ms: int = DAY_MS, queued_limit: int = 1_000_000
    ) -> None:
        super().__init__(Ground(clock, retention_ms))
        self._queued_limit = queued_limit
        self.history = MemoryHistory(self._ground)
        self.queues = MemoryQueues(self._ground)
        self.events = MemoryEvents(self._ground)
        self.workers = MemoryWorkers(self._ground)
        self.output = MemoryOutput(self._ground)

    async def examine(self) -> list[str]:
        """Return the one thing that is risky about memory."""
        return ["tasks are kept in memory: they end with this process"]

    # ------------------------------------------------------------ into the queue and out of it

    async def submit(self, tasks: Iterable[NewTask]) -> list[Submitted | Repeated]:
        """Record new tasks; hand over what was claimed in advance, ring for the rest."""
        made = list(tasks)
        now, bounds = self._ground.now(), (self._queued_limit, self._ground.retention_ms)
        answers = handing.submit(self._records, made, *bounds, now)
        self._ground.tell()
        return answers

    async def claim(self, owner: str, token: str, wants: Mapping[str, int], lease_ms: int) -> Claim:
        """Lease due tasks of the wanted environments, and ring again if more are due."""
        wants = {tag: most for tag, most in wants.items() if most > 0}
        if not wants:
            return Claim(())
        now, records = self._ground.now(), self._records
        records.credit.pop(owner, None)
        handing.take_back(records, now)
        expired = transitions.expire(records, now)
        records.promote(now.steady)
        claimer = transitions.Claimer(owner, token, lease_ms)
        tasks = transitions.claim(records, claimer, wants, now)
        waiting = records.waiting()
        left = tuple(sorted(waiting.intersection(wants)))
        if left:
            records.ring(now.steady)
        self._ground.tell(expired)
        elsewhere = tuple(sorted(waiting.difference(wants)))
        return Claim(tuple(tasks), transitions.next_due_ms(records, now), left, elsewhere)

    # ------------------------------------------------------------ while an attempt runs

    async def leased(self, owner: str) -> list[Attempt]:
        """Return what is leased to a dispatcher."""
        self._ground.now()
        running = (r for r in self._records.tasks.values() if r.status is TaskStatus.RUNNING)
        return [r.attempt for r in running if r.owner == owner and r.attempt is not None]

    async def start(
        self, attempts: Sequence[Attempt], workers: Sequence[WorkerId] = ()
    ) -> list[Written]:
        """Note that attempts (may) have begun, and who runs them."""
        now, named = self._ground.now(), workers or [WorkerId("")] * len(attempts)
        begun = zip(attempts, named, strict=True)
        return [transitions.start(self._records, *each, now) for each in begun]

    async def renew(self, attempts: Sequence[Attempt], lease_ms: int) -> list[Attempt]:
        """Extend leases; return the attempts that are no longer valid."""
        now = self._ground.now()
        return [
            attempt
            for attempt in attempts
            if transitions.renew(self._records, attempt, lease_ms, now) is None
        ]

    async def adopt(
        self, owner: str, attempts: Sequence[Attempt], lease_ms: int
    ) -> list[Leased | None]:
        """Extend leases and make ``owner`` the one who is told of cancels."""
        now = self._ground.now()
        answers: list[Leased | None] = []
        for attempt in attempts:
            record = transitions.renew(self._records, attempt, lease_ms, now)
            if record is None:
                answers.append(None)
            else:
                record.owner = owner
                answers.append(transitions.leased(record, attempt, b""))
        return answers

    # ------------------------------------------------------------ the end of an attempt

    async def complete(self, completions: Sequence[Completion]) -> list[Written]:
        """Record results and wake the waiters."""
        now = self._ground.now()
        answers = [transitions.complete(self._records, each, now) for each in completions]
        self._ground.tell(each.attempt.task_id for each in completions)
        return answers

    async def fail(self, defeats: Sequence[Defeat]) -> list[Written]:
        """Record failures, or queue the tasks again."""
        now = self._ground.now()
        heads: list[Record] = []
        answers = [transitions.fail(self._records, each, heads, now) for each in defeats]
        transitions.push_heads(self._records, heads)
        self._ground.tell(each.attempt.task_id for each in defeats)
        return answers

    async def release(
        self, attempts: Sequence[Attempt], delay_ms: int = 0, reason: str = ""
    ) -> list[Written]:
        """Hand back tasks that did not run."""
        now = self._ground.now()
        heads: list[Record] = []
        answers = [
            transitions.release(self._records, attempt, delay_ms, reason, heads, now)
            for attempt in attempts
        ]
        transitions.push_heads(self._records, heads)
        self._ground.tell()
        return answers

    async def reap(self, limit: int) -> list[Reaped]:
        """Take up to ``limit`` expired leases away."""
        if limit <= 0:
            return []
        now = self._ground.now()
        expired = transitions.expire(self._records, now)
        heads: list[Record] = []
        answers: list[Reaped] = []
        while len(answers) < limit:
            reaped = transitions.reap(self._records, heads, now)
            if reaped is None:
                break
            answers.append(reaped)
        transitions.push_heads(self._records, heads)
        self._ground.tell([*expired, *(reaped.attempt.task_id for reaped in answers)])
        return answers

    async def cancel(self, task_ids: Sequence[TaskId]) -> list[Cancelled]:
        """End tasks as CANCELLED; tell the owners of running ones."""
        now = self._ground.now()
        answers = [transitions.cancel(self._records, task_id, now) for task_id in task_ids]
        self._ground.tell(task_ids)
        return answers

    # ------------------------------------------------------------ looking and waiting

    async def get(self, task_ids: Sequence[TaskId]) -> list[Task | None]:
        """Return tasks as they stand."""
        return [None if found is None else found[0] for found in await self.outcomes(task_ids)]

    async def outcomes(
        self, task_ids: Sequence[TaskId]
    ) -> list[tuple[Task, Outcome | None] | None]:
        """Return tasks with their outcomes."""
        self._ground.now()
        found = [self._records.tasks.get(task_id) for task_id in task_ids]
        return [None if record is None else (record.shown(), record.told) for record in found]

    async def wait(self, task_ids: Sequence[TaskId], timeout_s: float) -> frozenset[TaskId]:
        """Return those of the tasks that nobody need wait for, or nothing when time is up."""
        asked = frozenset(task_ids)
        done = self._over(asked)
        if done or timeout_s <= 0:
            return done
        await self._ground.signals.wait(asked, timeout_s)
        return self._over(asked)

    def expect(self, task_id: TaskId) -> Expectation:
        """Begin to wait for a task that is about to be submitted."""
        return Expectation(self, task_id)

    async def listen(self, owner: str, timeout_s: float, credit: Credit | None = None) -> Hint:
        """Wait for a hint to ``owner``: cancels and tasks go before work."""
        hint = hints.take(self._records, owner, self._ground.now(), credit)
        if hint != Hint() or timeout_s <= 0:
            return hint
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while hint == Hint() and (left := deadline - loop.time()) > 0:
            await self._ground.signals.listen(left)
            hint = hints.take(self._records, owner, self._ground.now(), credit)
        return hint

    async def hush(self, owner: str) -> Hint:
        """Take the credit of ``owner`` back, and let its ``listen`` return."""
        hint = hints.hush(self._records, owner)
        self._ground.tell()
        return hint

    def wake(self) -> None:
        """Let whoever waits for tasks return, now and from now on."""
        self._ground.signals.leave()

    async def ping(self) -> str:
        """Return "connected"."""
        return "connected"

    async def close(self) -> None:
        """Wake whoever waits; there is nothing to give back."""
        self._ground.signals.wake_all()

    # ------------------------------------------------------------ for tests

    def check(self) -> None:
        """Raise AssertionError unless each task is in one of ready, delayed, leased, ended."""
        checking.check(self._records)

    def snapshot(self) -> Records:
        """Return a copy of all that is stored, for ``restore``."""
        return self._ground.snapshot()

    def restore(self, snapshot: Records) -> None:
        """Go back to a copy, as a store does that lost its last writes; may be repeated."""
        self._ground.restore(snapshot)

    # ------------------------------------------------------------ inside

    def _over(self, task_ids: frozenset[TaskId]) -> frozenset[TaskId]:
        return self._ground.terminal(task_ids) | task_ids.difference(self._records.tasks)
