"""Following batches: whoever has read all that had ended need not look before the next wait.

What is remembered of a batch is how many of its endings had been told when it was last heard of,
for as long as the subscription stands, and no longer than until the next slow poll would be due:
whoever has seen as many waits at once. It is never what a client is told: that is read from the
store, or from news that came while it waited.
"""

import asyncio
from typing import Self

from ...domain.identifiers import BatchId, TaskId
from ...domain.ports import BatchPage, BatchState
from .news import News
from .waiters import BatchWaiter, Waiting

MOST = 1_000
"""Batches that are followed at once; the one that was begun first is forgotten for another."""


class _Place:
    """How many endings of a batch had been told, and when that was heard; -1: not known yet."""

    __slots__ = ("at", "told")

    def __init__(self) -> None:
        self.told = -1
        self.at = 0.0

    def note(self, state: BatchState, now: float) -> None:
        """Take how a batch stands; an answer may be older than what was heard meanwhile."""
        if state.told >= self.told:
            self.told, self.at = state.told, now


class Followed:
    """The batches that somebody follows, and how far they have come; ``trusted_s`` as above."""

    def __init__(self, trusted_s: float) -> None:
        """Follow none."""
        self._trusted_s = trusted_s
        self._places: dict[TaskId, _Place] = {}

    def place(self, batch_id: BatchId) -> _Place:
        """Return the place of a batch, which hears the news from now on."""
        name = TaskId(batch_id)
        found = self._places.get(name)
        if found is None:
            if len(self._places) >= MOST:
                del self._places[next(iter(self._places))]
            found = self._places[name] = _Place()
        return found

    def is_next(self, batch_id: BatchId, first: int) -> bool:
        """Return whether nothing more than ``first`` endings has been told, and more will be."""
        found = self._places.get(TaskId(batch_id))
        if found is None or found.told != first:
            return False
        return asyncio.get_running_loop().time() - found.at < self._trusted_s

    def looked(self, batch_id: BatchId, place: _Place, state: BatchState) -> None:
        """Take how a batch stands, looked up since ``place`` was asked for."""
        if self._places.get(TaskId(batch_id)) is place:  # else there was news that does not say
            self._note(TaskId(batch_id), place, state)

    def hear(self, news: News) -> None:
        """Take the news of those that are followed."""
        for name in news.names:
            if (place := self._places.get(TaskId(name))) is None:
                continue
            state = news.state(BatchId(name))
            if state is None:
                del self._places[TaskId(name)]
            else:
                self._note(TaskId(name), place, state)

    def forget(self) -> None:
        """Follow none any more: news may have been missed."""
        self._places.clear()

    def _note(self, name: TaskId, place: _Place, state: BatchState) -> None:
        if state.ended >= state.count:  # nobody waits for more
            del self._places[name]
        else:
            place.note(state, asyncio.get_running_loop().time())


class Following:
    """Who waits for the next endings of a batch, from before it looks on."""

    def __init__(self, endings: Waiting, followed: Followed, batch_id: BatchId, first: int) -> None:
        """Begin to wait; ``known``: there is nothing behind ``first`` yet, so do not look."""
        self._endings = endings
        self._followed = followed
        self._batch_id = batch_id
        self._place = followed.place(batch_id)
        self._waiter = BatchWaiter(batch_id, first, asyncio.get_running_loop())
        self.known = endings.stands and followed.is_next(batch_id, first)
        endings.enter(self._waiter)

    async def prepare(self) -> None:
        """Wait a moment for the subscription; to be called before a look."""
        await self._endings.stand()

    def looked(self, page: BatchPage) -> None:
        """Take how the batch stands, looked up since ``prepare``."""
        if self._endings.stands:
            self._followed.looked(self._batch_id, self._place, page.state)

    async def heard(self, timeout_s: float) -> BatchPage | None:
        """Return what has ended, as it was told with the news; None: look. To be called once.

        Raises StoreIncompatible.
        """
        await self._endings.hear_of(self._waiter, timeout_s)
        return self._waiter.page()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Wait no more."""
        self._endings.remove(self._waiter)
