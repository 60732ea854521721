"""The reference of the store's ports: tasks, batches and functions, in one process's memory.

The store on Redis is compared with it, the simulation runs on it, and a user's own tests get it.
Only ``wait`` and ``listen`` ever suspend, and only when there is nothing to tell yet; every other
method runs to its end at once. Time is read from the Clock port alone (how long
``wait`` and ``listen`` block is the event loop's business). Nothing here survives the process,
and a store must be used from one event loop.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy

from ...domain.function import Function
from ...domain.identifiers import Attempt, BatchId, FunctionId, TaskId, batch_of
from ...domain.ports import (
    BatchPage,
    Cancelled,
    Claim,
    Clock,
    Completion,
    Defeat,
    Hint,
    Leased,
    Reaped,
    Repeated,
    Submitted,
    Written,
)
from ...domain.task import Idempotency, NewTask, Outcome, Task
from . import batches, checking, hints, transitions
from .records import Record, Records
from .signals import Signals
from .transitions import Moment
from .workers import MemoryWorkers

DAY_MS = 24 * 60 * 60 * 1000


class MemoryStore:
    """Tasks and functions in memory, by the rules of ``domain.ports``.

    ``retention_ms`` is how long ended tasks can be asked for; ``queued_limit`` is how many
    unfinished tasks are held before ``submit`` answers FULL.
    """

    def __init__(
        self, clock: Clock, *, retention_ms: int = DAY_MS, queued_limit: int = 1_000_000
    ) -> None:
        self._clock = clock
        self._retention_ms = retention_ms
        self._queued_limit = queued_limit
        self._records = Records()
        self._signals = Signals()
        self.workers = MemoryWorkers(clock, self._ring_for)

    async def examine(self) -> list[str]:
        """Return the one thing that is risky about memory."""
        return ["tasks are kept in memory: they end with this process"]

    # ------------------------------------------------------------ functions

    async def put(self, functions: Sequence[Function]) -> None:
        """Store functions; one that is there already stays as it is."""
        for function in functions:
            self._records.functions.setdefault(function.id, function)

    async def fetch(self, function_ids: Sequence[FunctionId]) -> list[Function | None]:
        """Return functions; None for those that do not exist."""
        return [self._records.functions.get(function_id) for function_id in function_ids]

    # ------------------------------------------------------------ into the queue and out of it

    async def submit(self, tasks: Sequence[NewTask]) -> list[Submitted | Repeated]:
        """Record new tasks and ring."""
        now, bounds = self._now(), (self._queued_limit, self._retention_ms)
        answers = [transitions.submit(self._records, task, *bounds, now) for task in tasks]
        self._tell()
        return answers

    async def claim(self, owner: str, token: str, wants: Mapping[str, int], lease_ms: int) -> Claim:
        """Lease due tasks of the wanted environments, and ring again if more are due."""
        wants = {tag: most for tag, most in wants.items() if most > 0}
        if not wants:
            return Claim(())
        now, records = self._now(), self._records
        expired = transitions.expire(records, now)
        records.promote(now.steady)
        claimer = transitions.Claimer(owner, token, lease_ms)
        tasks: list[Leased] = []
        for tag, most in wants.items():
            for _ in range(most):
                leased = transitions.claim(records, claimer, tag, now)
                if leased is None:
                    break
                tasks.append(leased)
        waiting = records.waiting()
        left = tuple(sorted(waiting.intersection(wants)))
        if left:
            records.ring(now.steady)
        self._tell(expired)
        elsewhere = tuple(sorted(waiting.difference(wants)))
        return Claim(tuple(tasks), transitions.next_due_ms(records, now), left, elsewhere)

    # ------------------------------------------------------------ while an attempt runs

    async def start(self, attempts: Sequence[Attempt]) -> list[Written]:
        """Note that attempts (may) have begun."""
        now = self._now()
        return [transitions.start(self._records, attempt, now) for attempt in attempts]

    async def renew(self, attempts: Sequence[Attempt], lease_ms: int) -> list[Attempt]:
        """Extend leases; return the attempts that are no longer valid."""
        now = self._now()
        return [
            attempt
            for attempt in attempts
            if transitions.renew(self._records, attempt, lease_ms, now) is None
        ]

    async def adopt(
        self, owner: str, attempts: Sequence[Attempt], lease_ms: int
    ) -> list[Leased | None]:
        """Extend leases and make ``owner`` the one who is told of cancels."""
        now = self._now()
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
        now = self._now()
        answers = [transitions.complete(self._records, each, now) for each in completions]
        self._tell(each.attempt.task_id for each in completions)
        return answers

    async def fail(self, defeats: Sequence[Defeat]) -> list[Written]:
        """Record failures, or queue the tasks again."""
        now = self._now()
        heads: list[Record] = []
        answers = [transitions.fail(self._records, each, heads, now) for each in defeats]
        transitions.push_heads(self._records, heads)
        self._tell(each.attempt.task_id for each in defeats)
        return answers

    async def release(
        self, attempts: Sequence[Attempt], delay_ms: int = 0, reason: str = ""
    ) -> list[Written]:
        """Hand back tasks that did not run."""
        now = self._now()
        heads: list[Record] = []
        answers = [
            transitions.release(self._records, attempt, delay_ms, reason, heads, now)
            for attempt in attempts
        ]
        transitions.push_heads(self._records, heads)
        self._tell()
        return answers

    async def reap(self, limit: int) -> list[Reaped]:
        """Take up to ``limit`` expired leases away."""
        if limit <= 0:
            return []
        now = self._now()
        expired = transitions.expire(self._records, now)
        heads: list[Record] = []
        answers: list[Reaped] = []
        while len(answers) < limit:
            reaped = transitions.reap(self._records, heads, now)
            if reaped is None:
                break
            answers.append(reaped)
        transitions.push_heads(self._records, heads)
        self._tell([*expired, *(reaped.attempt.task_id for reaped in answers)])
        return answers

    async def cancel(self, task_ids: Sequence[TaskId]) -> list[Cancelled]:
        """End tasks as CANCELLED; tell the owners of running ones."""
        now = self._now()
        answers = [transitions.cancel(self._records, task_id, now) for task_id in task_ids]
        self._tell(task_ids)
        return answers

    # ------------------------------------------------------------ looking and waiting

    async def get(self, task_ids: Sequence[TaskId]) -> list[Task | None]:
        """Return tasks as they stand."""
        return [None if found is None else found[0] for found in await self.outcomes(task_ids)]

    async def outcomes(
        self, task_ids: Sequence[TaskId]
    ) -> list[tuple[Task, Outcome | None] | None]:
        """Return tasks with their outcomes."""
        self._now()
        found = [self._records.tasks.get(task_id) for task_id in task_ids]
        return [None if record is None else (record.shown(), record.outcome) for record in found]

    async def wait(self, task_ids: Sequence[TaskId], timeout_s: float) -> frozenset[TaskId]:
        """Return those of the tasks that nobody need wait for, or nothing when time is up."""
        asked = frozenset(task_ids)
        done = self._over(asked)
        if done or timeout_s <= 0:
            return done
        await self._signals.wait(asked, timeout_s)
        return self._over(asked)

    async def name_batch(self, wish: Idempotency, batch_id: BatchId) -> BatchId | None:
        """Bind an idempotency key to a batch."""
        return batches.name(self._records, wish, batch_id, self._now().steady + self._retention_ms)

    async def endings(self, batch_id: BatchId, first: int, limit: int) -> BatchPage | None:
        """Return how a batch stands, and some of its tasks that have ended."""
        self._now()
        return batches.page(self._records, batch_id, first, limit)

    async def wait_ending(self, batch_id: BatchId, seen: int, timeout_s: float) -> None:
        """Return once more than ``seen`` tasks of a batch have ended, or when time is up."""
        page = await self.endings(batch_id, 0, 0)
        if timeout_s > 0 and (page is None or page.state.ended <= seen):
            await self._signals.wait(frozenset([batch_id]), timeout_s)

    async def listen(self, owner: str, timeout_s: float) -> Hint:
        """Wait for a hint to ``owner``; cancels are told before work, and each only once."""
        hint = hints.take(self._records, owner, self._now())
        if hint != Hint() or timeout_s <= 0:
            return hint
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while hint == Hint() and (left := deadline - loop.time()) > 0:
            await self._signals.listen(left)
            hint = hints.take(self._records, owner, self._now())
        return hint

    def wake(self) -> None:
        """Let whoever waits for tasks return, now and from now on."""
        self._signals.leave()

    async def ping(self) -> str:
        """Return "connected"."""
        return "connected"

    async def close(self) -> None:
        """Wake whoever waits; there is nothing to give back."""
        self._signals.wake_all()

    # ------------------------------------------------------------ for tests

    def check(self) -> None:
        """Raise AssertionError unless each task is in one of ready, delayed, leased, ended."""
        checking.check(self._records)

    def snapshot(self) -> Records:
        """Return a copy of all that is stored, for ``restore``."""
        return deepcopy(self._records)

    def restore(self, snapshot: Records) -> None:
        """Go back to a copy, as a store does that lost its last writes; may be repeated."""
        self._records = deepcopy(snapshot)

    # ------------------------------------------------------------ inside

    def _ring_for(self, owner: str) -> None:
        self._records.bells.add(owner)
        self._tell()

    def _now(self) -> Moment:
        """Return the time, after dropping what has outlived its retention by then."""
        now = Moment(self._clock.steady_ms(), self._clock.unix_ms())
        self._records.forget_ended(now.steady - self._retention_ms)
        self._records.forget_keys(now.steady)
        return now

    def _tell(self, touched: Iterable[TaskId] = ()) -> None:
        """Wake whom the last changes may concern; who is woken in vain waits on."""
        ended = self._terminal(frozenset(touched))
        self._signals.wake_waiters(ended)
        self._signals.wake_waiters({batch for each in ended if (batch := batch_of(each))})
        if self._records.bells or self._records.inboxes:
            self._signals.wake_listeners()

    def _over(self, task_ids: frozenset[TaskId]) -> frozenset[TaskId]:
        return self._terminal(task_ids) | task_ids.difference(self._records.tasks)

    def _terminal(self, task_ids: frozenset[TaskId]) -> frozenset[TaskId]:
        self._now()
        known = task_ids.intersection(self._records.tasks)
        return frozenset(each for each in known if self._records.tasks[each].status.is_terminal)
