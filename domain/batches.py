"""The use cases of batches: many tasks in one request, their results in the order they end.

A batch is no state of its own in a task's life: its tasks are ordinary ones whose ids name it and
their position in it (``identifiers.py``). A request that is sent again under its idempotency key
makes the same ids, so that what was recorded before is there, and only the rest is added.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from .cursors import START, Cursor
from .errors import GoferError, KeyReused, NotFound
from .identifiers import BATCH_BITS, BatchId, Rising, TaskId, batch_of, member_ids, new_batch_id
from .policy import BATCH, HANDED_MOST
from .ports import (
    BatchPage,
    BatchState,
    BatchStore,
    Cancelled,
    Clock,
    Ending,
    Entropy,
    TaskStore,
)
from .submissions import Admission, Submission, batch_digest, batch_idempotency
from .task import NewTask, TaskStatus

AT_ONCE = 1_000
"""Tasks of a batch that are judged and recorded, or cancelled, before others get a turn."""


@dataclass(frozen=True, slots=True)
class SubmittedBatch:
    """What became of a batch: for each wish, in order, the id of its task or why there is none."""

    id: BatchId
    answers: tuple[TaskId | GoferError, ...]

    @property
    def accepted(self) -> int:
        """Return how many tasks there are."""
        return sum(isinstance(answer, str) for answer in self.answers)


class Results(NamedTuple):
    """Some of a batch's tasks that have ended, and the cursor behind them.

    ``done``: all have ended, and whoever has read on from cursor to cursor was told of each.
    """

    state: BatchState
    endings: tuple[Ending, ...]
    behind: Cursor
    done: bool


class Batches:
    """The use cases; safe to share between all requests of one event loop."""

    def __init__(
        self,
        tasks: TaskStore,
        batches: BatchStore,
        admission: Admission,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        """Take the ports."""
        self._tasks = tasks
        self._batches = batches
        self._admission = admission
        self._clock = clock
        self._entropy = entropy
        self._ids = Rising(BATCH_BITS)

    async def submit(
        self, wishes: Sequence[Submission | GoferError], key: str = "", asked: str = ""
    ) -> SubmittedBatch:
        """Record one task for each wish (1 to MAX_POSITION of them; their own keys are ignored).

        Each is accepted or refused by itself: InvalidInput, NotFound (its function), QueueFull;
        a wish that the caller has refused is an error already, and keeps its place.
        With a ``key``, the same request sent again is the same batch; ``asked`` is the digest of
        the request where the caller has one, which spares one of each wish. Raises KeyReused, and
        InvalidInput for a key that is none, before anything is stored; StoreUnavailable, after
        which some may be stored: with the same key it can be repeated without harm.
        """
        now, bits = self._clock.unix_ms(), self._entropy.bits(BATCH_BITS)
        batch = new_batch_id(*self._ids.next(now, bits))
        if key:
            asked = asked or batch_digest(_asked(wishes))
            if len(wishes) == 1 and (alone := await self._alone(wishes[0], key, asked, batch)):
                return alone
            batch = await self._named(key, asked, batch)
        answers: list[TaskId | GoferError] = []
        for first, past in pairwise(_cuts(len(wishes))):
            answers += await self._take(batch, first + 1, wishes[first:past])
        return SubmittedBatch(batch, tuple(answers))

    async def _alone(
        self, wish: Submission | GoferError, key: str, asked: str, batch: BatchId
    ) -> SubmittedBatch | None:
        """Record a batch of one task, which is known by the key itself: one call instead of two.

        None where more is to be told: the wish is refused, or the key is bound already, to another
        request or, as other versions have it, to the batch.
        """
        if isinstance(wish, GoferError):
            return None
        known = batch_idempotency(key, asked)
        try:
            task = self._admission.admit(wish, member_ids(batch, [1])[0])
        except GoferError:
            return None
        (answer,) = await self._admission.record([task._replace(idempotency=known)])
        if isinstance(answer, KeyReused):
            return None
        named = batch_of(answer) if isinstance(answer, str) else None
        return SubmittedBatch(named or batch, (answer,))

    async def _take(
        self, batch: BatchId, first: int, wishes: Sequence[Submission | GoferError]
    ) -> list[TaskId | GoferError]:
        """Record some tasks of a batch, from position ``first`` on.

        Each is judged when the store takes it: the next, while it records those before.
        """
        answers: list[TaskId | GoferError] = []
        ids = member_ids(batch, range(first, first + len(wishes)))

        def admitted() -> Iterator[NewTask]:
            for wish, task_id in zip(wishes, ids, strict=True):
                if isinstance(wish, GoferError):
                    answers.append(wish)
                    continue
                try:
                    task = self._admission.admit(wish, task_id)
                except GoferError as refusal:
                    answers.append(refusal)
                else:
                    answers.append(task_id)
                    yield task

        recorded = iter(await self._admission.record(admitted()))
        return [next(recorded) if isinstance(each, str) else each for each in answers]

    async def state(self, batch_id: BatchId) -> BatchState:
        """Return how far a batch has come; raise NotFound, StoreUnavailable."""
        return (await self._page(batch_id, 0, 0)).state

    async def results(
        self,
        batch_id: BatchId,
        cursor: Cursor,
        limit: int,
        timeout_s: float = 0.0,
        leave_out: int | None = None,
    ) -> Results:
        """Return up to ``limit`` of the tasks that have ended, in that order, behind ``cursor``.

        Where there is none yet and some are still to come, waits for one, at most ``timeout_s``.
        Results of more than ``leave_out`` bytes may be left out, and are had by ``long_results``.
        Where the store has lost ends that were told, nothing behind START: begin again. That is
        noticed before anything is done, but not in batches whose tasks were tried again by hand.
        Raises NotFound, StoreUnavailable.
        """
        first = cursor.told
        if timeout_s <= 0:
            page = await self._page(batch_id, first, limit, leave_out)
        else:
            found = await self._batches.next_endings(batch_id, first, limit, timeout_s, leave_out)
            page = _known(batch_id, found)
        state, behind = page.state, cursor.after(ending.position for ending in page.endings)
        done = behind.told >= state.told and state.ended >= state.count
        if first and cursor.check is not None:
            lost = first > state.told
            if lost or (done and not state.void and not await self._stands(batch_id, behind)):
                return Results(state, (), START, done=False)
        return Results(state, page.endings, behind, done)

    async def _stands(self, batch_id: BatchId, cursor: Cursor) -> bool:
        """Return whether what was told up to a cursor is what the store knows."""
        return START.after(await self._batches.ended(batch_id, cursor.told)) == cursor

    def long_results(
        self, batch_id: BatchId, endings: Sequence[Ending]
    ) -> AsyncGenerator[bytes | None]:
        """Bring the results that a page left out, in order; None for one forgotten meanwhile.

        Raises StoreUnavailable at any of them.
        """
        return self._batches.long_results(batch_id, endings)

    async def cancel(self, batch_id: BatchId, *, running: bool = True) -> Counter[Cancelled]:
        """End all tasks of a batch that have not ended; return what became of how many.

        Without ``running``, those that run or wait in a worker's hands are left alone and counted
        as TOO_LATE; one that is begun just then may be stopped all the same. Raises NotFound;
        StoreUnavailable, after which some may be cancelled.
        """
        last = (await self.state(batch_id)).last
        answers: Counter[Cancelled] = Counter()
        for first in range(1, last + 1, AT_ONCE):
            positions = range(first, min(first + AT_ONCE, last + 1))
            ids = member_ids(batch_id, positions)
            if not running:
                found = [task for task in await self._tasks.get(ids) if task is not None]
                ids = [task.id for task in found if task.status is TaskStatus.QUEUED]
                answers[Cancelled.TOO_LATE] += len(found) - len(ids)
            answers.update(await self._tasks.cancel(ids))
        del answers[Cancelled.GONE]  # were refused, or are forgotten: no tasks of it
        return answers

    async def _page(
        self, batch_id: BatchId, first: int, limit: int, leave_out: int | None = None
    ) -> BatchPage:
        page = await self._batches.endings(batch_id, first, limit, leave_out)
        return _known(batch_id, page)

    async def _named(self, key: str, asked: str, fresh: BatchId) -> BatchId:
        batch = await self._batches.name_batch(batch_idempotency(key, asked), fresh)
        if batch is None:
            raise KeyReused(key)
        return batch


def _cuts(count: int) -> Iterator[int]:
    """Yield where a batch is cut into parts that are judged and recorded at once.

    Of one that takes some calls the first few tasks go before the rest is looked at, as many as
    are handed over at once: whoever has nothing to do begins with them.
    """
    yield 0
    if count > BATCH:
        yield HANDED_MOST
    yield from range(AT_ONCE, count, AT_ONCE)
    yield count


def _asked(wishes: Sequence[Submission | GoferError]) -> list[Submission]:
    return [wish for wish in wishes if not isinstance(wish, GoferError)]


def _known(batch_id: BatchId, page: BatchPage | None) -> BatchPage:
    if page is None:
        raise NotFound("batch", batch_id)
    return page
