"""The truth: tasks with their leases, and batches.

Every method takes and returns batches and is atomic per task, not per batch. Answers come in the
order of the request. Any method may raise StoreUnavailable, and then may or may not have been
carried out; all but ``claim`` may be repeated without harm. What a ``claim`` leased whose answer is
lost is found by ``leased``; if nobody looks it comes back when the lease ends.
"""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from typing import Protocol, Self

from ..identifiers import Attempt, BatchId, TaskId, WorkerId
from ..task import Idempotency, NewTask, Outcome, Task
from .answers import (
    BatchPage,
    Cancelled,
    Claim,
    Completion,
    Credit,
    Defeat,
    End,
    Ending,
    Hint,
    Leased,
    Reaped,
    Repeated,
    Submitted,
    Written,
)


class Expected(Protocol):
    """Somebody who waits for one task from before it is submitted on; see ``TaskStore.expect``."""

    async def ended(self, timeout_s: float) -> End | None:
        """Return how the task ended once it has, if that is told with the news.

        None: the news came without it, or time is up, or the process leaves; so look. To be called
        once, and only when the task has been recorded.
        """
        ...

    def __enter__(self) -> Self:
        """Return itself; nobody waits any more behind the block."""
        ...

    def __exit__(self, *error: object) -> None:
        """Wait no more."""
        ...


class TaskStore(Protocol):
    """The truth about tasks. Leases run by the store's own clock and by no other."""

    async def submit(self, tasks: Iterable[NewTask]) -> list[Submitted | Repeated]:
        """Record new tasks as QUEUED, and ring for all who listen.

        Many may be made as they are taken: some at a time, while those before are being recorded.
        A task whose id says that it is one of a batch (``batch_of``) is counted in that batch.

        EXISTS for an id that is there: nothing changes. A task whose idempotency key is known is
        not recorded: Repeated with the id of the first where the request is the same, else
        CONFLICT. Keys are known for the retention time.
        """
        ...

    async def claim(self, owner: str, token: str, wants: Mapping[str, int], lease_ms: int) -> Claim:
        """Lease due tasks to dispatcher ``owner``: QUEUED to RUNNING, attempt + 1.

        ``wants`` says how many at most of each tag (``Function.tag``): no task is claimed that its
        claimer's workers could not run. What a family's tag says is for it and its environments
        together. Order: priority, then (of one tag) time of submission, and the tag first whose
        first was submitted first; released and requeued tasks come first. All get ``token``, which
        must be new and random. Rings again when due tasks are left. NOT to be repeated on
        StoreUnavailable.
        """
        ...

    async def leased(self, owner: str) -> list[Attempt]:
        """Return what is leased to dispatcher ``owner``, in no order.

        Not atomic: of what is claimed or ends meanwhile some may be missing or told in vain.
        """
        ...

    async def start(
        self, attempts: Sequence[Attempt], workers: Sequence[WorkerId] = ()
    ) -> list[Written]:
        """Note that attempts (may) have begun: sets ``started_at`` once. RECORDED or STALE, GONE.

        ``workers`` run them, in their order, an empty one is not known; none at all: none is.

        An attempt that is noted counts as a loss when its lease expires; others do not.
        """
        ...

    async def renew(self, attempts: Sequence[Attempt], lease_ms: int) -> list[Attempt]:
        """Extend the leases to ``lease_ms`` from now; return those that are no longer valid.

        An expired lease that nobody reaped is still valid and is extended.
        """
        ...

    async def adopt(
        self, owner: str, attempts: Sequence[Attempt], lease_ms: int
    ) -> list[Leased | None]:
        """Renew as above and make ``owner`` the one who is told of cancels; None where invalid."""
        ...

    async def complete(self, completions: Sequence[Completion]) -> list[Written]:
        """Record results: RUNNING to COMPLETED, wake the waiters, start the retention time.

        Frees the lease before it writes the result, so that it passes when memory is full.
        """
        ...

    async def fail(self, defeats: Sequence[Defeat]) -> list[Written]:
        """Record failures: RUNNING to FAILED, or back to QUEUED (``requeue``) charging a budget.

        A requeue with charge NOTHING or LOSS goes to the head of its queue, others to its tail
        or, with a delay, to the delayed ones.
        """
        ...

    async def release(
        self, attempts: Sequence[Attempt], delay_ms: int = 0, reason: str = ""
    ) -> list[Written]:
        """Hand back tasks that did not run: RUNNING to QUEUED, at the head, no budget charged.

        ``reason`` (why nobody could run it) is shown with the task while it waits.
        """
        ...

    async def reap(self, limit: int) -> list[Reaped]:
        """Take up to ``limit`` expired leases away: back to QUEUED at the head, or FAILED.

        Charges a loss where the attempt had started, and fails the task (cause worker_lost) when
        ``budget.worker_losses`` is used up. Any number of dispatchers may call it at once.
        """
        ...

    async def cancel(self, task_ids: Sequence[TaskId]) -> list[Cancelled]:
        """End tasks as CANCELLED; the owner of a running one is told by ``listen``.

        A task that was cancelled before is answered as it was then.
        """
        ...

    async def get(self, task_ids: Sequence[TaskId]) -> list[Task | None]:
        """Return tasks as they stand; None for those that do not exist."""
        ...

    async def outcomes(
        self, task_ids: Sequence[TaskId]
    ) -> list[tuple[Task, Outcome | None] | None]:
        """Return tasks with their outcomes.

        None inside for tasks that have not ended, and for those whose results were kept long enough
        (``NewTask.result_ttl_ms``). CANCELLED and EXPIRED tasks, and those whose worker was lost,
        have a Failure of that cause for as long as they are there.
        """
        ...

    async def wait(self, task_ids: Sequence[TaskId], timeout_s: float) -> frozenset[TaskId]:
        """Return those of the tasks that nobody need wait for, or nothing when time is up.

        Those have ended, or do not exist; it returns as soon as there is one.
        """
        ...

    def expect(self, task_id: TaskId) -> Expected:
        """Begin to wait for a task that is about to be submitted, so that its end is not missed.

        Whoever submits and waits so need not look before, nor as a rule after.
        """
        ...

    def wake(self) -> None:
        """Let whoever waits for tasks here return as if time were up, now and from now on.

        For a process that is about to leave.
        """
        ...

    async def listen(self, owner: str, timeout_s: float, credit: Credit | None = None) -> Hint:
        """Wait for a hint to this dispatcher, at most ``timeout_s``.

        Work is hinted to every dispatcher that listens, and to one that did not in the last
        minute at once: it may have missed a hint.

        ``credit`` is a claim in advance. A submit of few short tasks that finds nothing else
        waiting in their environment may lease them to a dispatcher with such a claim, which gets
        them with a hint and need not claim. It holds for one such submit, until the dispatcher
        claims or listens again: then the new one holds, or none. What was handed over and is
        not fetched within ``policy.HANDED_MS`` goes back to its queue at the next claim of
        anybody, and nothing is charged. NOT to be repeated on StoreUnavailable without need:
        tasks that went with a lost answer come back when their leases end.
        """
        ...

    async def hush(self, owner: str) -> Hint:
        """Take the credit of this dispatcher back, and let its ``listen`` return.

        Returns what was handed over and not fetched yet. For a dispatcher that is about to leave.
        """
        ...

    async def examine(self) -> list[str]:
        """Check layout and settings; return, in words, what of them might lose data.

        Raises StoreIncompatible where going on would lose tasks for sure.
        """
        ...

    async def ping(self) -> str:
        """Return "connected", or raise StoreUnavailable with the reason."""
        ...

    async def close(self) -> None:
        """Give back connections; the store must not be used afterwards. May be repeated."""
        ...


class BatchStore(Protocol):
    """What is known of batches. A batch is there from its first recorded task on.

    It is forgotten the retention time after the last of its tasks has ended.
    """

    async def name_batch(self, wish: Idempotency, batch_id: BatchId) -> BatchId | None:
        """Bind an idempotency key to a batch, for the retention time.

        Returns the batch that the key names from now on: the one that it was bound to first. None
        if it was given with another digest, or with that of a single task.
        """
        ...

    async def endings(
        self, batch_id: BatchId, first: int, limit: int, leave_out: int | None = None
    ) -> BatchPage | None:
        """Return how a batch stands, and up to ``limit`` of its tasks that have ended.

        Those come in the order in which they ended, from the ``first`` on (0: all of them), and
        are fewer where the results are large. None: there is no such batch. Not atomic: the state
        is read first, and may count fewer ends than are told.

        Results of more than ``leave_out`` bytes are left out where ``left_out`` says so, and
        ``long_results`` brings them; None: all are told.
        """
        ...

    def long_results(
        self, batch_id: BatchId, endings: Sequence[Ending]
    ) -> AsyncGenerator[bytes | None]:
        """Bring results that ``endings`` left out, in order: each while the next is on its way.

        None for one that was forgotten meanwhile. Holds a few of them at once, however many are
        asked for. Raises StoreUnavailable at any of them.
        """
        ...

    async def ended(self, batch_id: BatchId, limit: int) -> list[int]:
        """Return the positions of up to ``limit`` tasks that have ended, in the order of that.

        0 stands for one that was tried again. Empty if there is no such batch.
        """
        ...

    async def next_endings(
        self,
        batch_id: BatchId,
        first: int,
        limit: int,
        timeout_s: float,
        leave_out: int | None = None,
    ) -> BatchPage | None:
        """Return as ``endings`` does, but only once there is something to tell.

        Which is: an end behind ``first``, or that all have ended, or fewer than ``first``, or that
        there is no such batch (None). When time is up, what there is.
        """
        ...
