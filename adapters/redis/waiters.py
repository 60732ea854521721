"""Who waits for tasks or batches, and what each of them has been told: one object a wait."""

import asyncio
from typing import Protocol

from ...domain.errors import StoreUnavailable
from ...domain.identifiers import BatchId, TaskId
from ...domain.ports import BatchPage, BatchState
from . import record
from .news import DIGITS, News


class Waiter:
    """One wait: what it asked for, and what ended of it.

    ``polled``: it is looked up now and then; else whoever waits does that. ``told``: the string of
    the task that has woken it, where that was published. ``looked``: ended before.
    """

    __slots__ = ("asked", "ended", "looked", "polled", "told", "woken")

    def __init__(
        self, asked: frozenset[TaskId], *, polled: bool, loop: asyncio.AbstractEventLoop
    ) -> None:
        """Take what is asked for; nothing has been heard of it."""
        self.asked = asked
        self.polled = polled
        self.ended: set[TaskId] = set()
        self.told = b""
        self.looked: asyncio.Future[frozenset[TaskId]] | None = None
        self.woken: asyncio.Future[None] = loop.create_future()

    def tell(self, ended: "frozenset[TaskId] | StoreUnavailable") -> None:
        """Tell it what of its tasks had ended before it came, or why that is not known."""
        if self.looked is None or self.looked.done():  # whoever waited has gone away
            return
        if isinstance(ended, StoreUnavailable):
            self.looked.set_exception(ended)
        else:
            self.looked.set_result(ended)

    def hear(self, name: TaskId, news: News) -> None:
        """Take the news of one that it asked for."""
        self.told = news.told(name)
        self.end(name)

    def end(self, name: TaskId) -> None:
        """Note that one has ended that it asked for."""
        self.ended.add(name)
        self.wake()

    def wake(self) -> None:
        """Let it return."""
        if not self.woken.done():
            self.woken.set_result(None)


class BatchWaiter(Waiter):
    """A wait for what ends of a batch behind the first so many; gathers what news tells of it."""

    __slots__ = ("_batch_id", "_first", "_gap", "_state", "_strings")

    def __init__(self, batch_id: BatchId, first: int, loop: asyncio.AbstractEventLoop) -> None:
        """Take the batch, and how many endings are known."""
        super().__init__(frozenset([TaskId(batch_id)]), polled=False, loop=loop)
        self._batch_id = batch_id
        self._first = first
        self._gap = False
        self._state: BatchState | None = None
        self._strings: list[tuple[TaskId, bytes]] = []

    def hear(self, name: TaskId, news: News) -> None:
        """Take the news of it; what had ended before is passed over."""
        state = news.state(self._batch_id)
        if state is None:
            self._gap = True
        else:
            members = news.members(self._batch_id)
            known = self._first + len(self._strings) - (state.told - len(members))
            if known >= len(members):
                return
            self._gap = self._gap or known < 0
            self._state = state
            self._strings += [(each, news.told(each)) for each in members[max(0, known) :]]
        self.end(name)

    def page(self) -> BatchPage | None:
        """Return what was told, if it was without a gap; raise StoreIncompatible."""
        if self._gap or self._state is None:
            return None
        endings = [
            record.batch_ending(task_id, int(task_id[-DIGITS:], 16), string, iter(()))
            for task_id, string in self._strings
        ]
        return BatchPage(self._state, tuple(endings))


class Waiting(Protocol):
    """Where waiters are entered: what whoever waits needs of ``Endings``."""

    @property
    def stands(self) -> bool:
        """Return whether the subscription does: nothing that is published is missed."""
        ...

    def enter(self, waiter: Waiter) -> None:
        """Have a waiter woken from now on."""
        ...

    def remove(self, waiter: Waiter) -> None:
        """Wake it no more."""
        ...

    async def stand(self) -> None:
        """Wait a moment for the subscription."""
        ...

    async def hear_of(self, waiter: Waiter, timeout_s: float) -> None:
        """Return when a waiter was woken, or time is up."""
        ...

    async def wait(self, task_ids: frozenset[TaskId], timeout_s: float) -> frozenset[TaskId]:
        """Return those that are terminal, as soon as one is, or when time is up."""
        ...
