"""Waiting for tasks to end: one subscription and one slow poll for all who wait.

The scripts publish the ids of the tasks that ended on one channel; this object subscribes once,
when somebody first waits, and wakes its own waiters. Messages may be lost (a broken connection,
a slow subscriber), so whoever waits is also looked up every ``poll_s`` seconds, all in one call.
Whoever comes is looked up once, together with all who come at that time; whoever came before the
task did (``expect``) is not, while the subscription stands. There is never a subscription,
connection or asyncio task for each who waits.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Self

from redis.asyncio import Redis

from ...domain.errors import StoreUnavailable
from ...domain.identifiers import TaskId
from ...domain.policy import STORE_BACKOFF_MS, doubling_ms
from ...domain.task import Outcome, Task
from . import record
from .failures import DRIVER_ERRORS, unavailable
from .framing import unframe
from .subscription import hear

SUBSCRIBE_S = 0.5
"""How long a first waiter waits for the subscription to stand; the poll serves those who go on."""

LookUp = Callable[[Sequence[TaskId]], Awaitable[frozenset[TaskId]]]

log = logging.getLogger(__name__)


class _Waiter:
    """One call of ``wait``: what it asked for, and what ended of it. ``looked``: ended before.

    ``polled``: it is looked up now and then; else whoever waits does that. ``told``: the string of
    the task that has woken it, where that was published.
    """

    __slots__ = ("asked", "ended", "looked", "polled", "told", "woken")

    def __init__(
        self, asked: frozenset[TaskId], *, polled: bool, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.asked = asked
        self.polled = polled
        self.ended: set[TaskId] = set()
        self.told = b""
        self.looked: asyncio.Future[frozenset[TaskId]] = loop.create_future()
        self.woken: asyncio.Future[None] = loop.create_future()

    def tell(self, ended: "frozenset[TaskId] | StoreUnavailable") -> None:
        if self.looked.done():  # whoever waited has gone away
            return
        if isinstance(ended, StoreUnavailable):
            self.looked.set_exception(ended)
        else:
            self.looked.set_result(ended)

    def wake(self) -> None:
        if not self.woken.done():
            self.woken.set_result(None)


class Endings:
    """Whoever waits for tasks of one shard in this process, and what wakes them."""

    def __init__(self, client: Redis, channel: str, look_up: LookUp, poll_s: float) -> None:
        self._client = client
        self._channel = channel
        self._look_up = look_up
        self._poll_s = poll_s
        self._waiters: dict[TaskId, set[_Waiter]] = {}
        self._new: list[_Waiter] = []
        self._looking: asyncio.Task[None] | None = None
        self._subscribed = asyncio.Event()
        self._needed = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._failures = 0
        self._closed = False
        self.leaving = False

    async def wait(
        self, task_ids: frozenset[TaskId], timeout_s: float, look_up: LookUp | None = None
    ) -> frozenset[TaskId]:
        """Return those that are terminal, as soon as one is, or when time is up.

        With a ``look_up`` of its own, made once, it may wait for other ids that are published.
        Raises StoreUnavailable if the store does not answer what has ended already.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        waiter = _Waiter(task_ids, polled=look_up is None, loop=loop)
        self.enter(waiter)
        try:
            if look_up is None:
                ended = await self._looked_up(waiter)
            else:
                await self._stand()
                ended = await look_up(list(task_ids))
            if ended or self.leaving:
                return ended
            await self._sleep(waiter, deadline)
            return frozenset(waiter.ended)
        finally:
            self.remove(waiter)

    def expect(self, task_id: TaskId) -> "Expectation":
        """Begin to wait for a task that is about to be submitted."""
        loop = asyncio.get_running_loop()
        waiter = _Waiter(frozenset([task_id]), polled=True, loop=loop)
        return Expectation(self, waiter, stood=self._subscribed.is_set())

    async def hear_of(self, waiter: _Waiter, timeout_s: float) -> None:
        """Return when the task of one who was entered before it came has ended, or time is up."""
        if not self.leaving:
            await self._sleep(waiter, asyncio.get_running_loop().time() + timeout_s)

    def leave(self) -> None:
        """Let everybody return, and nobody wait from now on."""
        self.leaving = True
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.wake()

    async def close(self) -> None:
        """Wake everybody and end the subscription; may be repeated."""
        # a cancellation can be swallowed on its way (asyncio.wait_for did until Python 3.12, when
        # what it waited for ended in the same moment), so the loops look at this as well
        self._closed = True
        loops, self._loops = self._loops, []
        if self._looking is not None:
            loops.append(self._looking)
        for task in loops:
            task.cancel()
        if loops:
            await asyncio.wait(loops)
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.wake()

    def enter(self, waiter: _Waiter) -> None:
        """Have a waiter woken from now on."""
        for task_id in waiter.asked:
            self._waiters.setdefault(task_id, set()).add(waiter)
        self._needed.set()

    def remove(self, waiter: _Waiter) -> None:
        """Wake it no more."""
        for task_id in waiter.asked:
            self._waiters[task_id].discard(waiter)
            if not self._waiters[task_id]:
                del self._waiters[task_id]
        if not self._waiters:
            self._needed.clear()

    async def _stand(self) -> None:
        """Wait a moment for the subscription: what ended before it stood was told to nobody."""
        if not self._loops and not self._closed:
            self._loops = [
                asyncio.create_task(self._keep_subscribed(), name="endings-subscription"),
                asyncio.create_task(self._keep_looking(), name="endings-poll"),
            ]
        if not self._subscribed.is_set():
            standing = asyncio.ensure_future(self._subscribed.wait())
            await asyncio.wait([standing], timeout=SUBSCRIBE_S)
            standing.cancel()

    async def _looked_up(self, waiter: _Waiter) -> frozenset[TaskId]:
        """Return what of a waiter's tasks ended before, found in one call with all who come now."""
        self._new.append(waiter)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_at_new(), name="endings-look-up")
        return await waiter.looked

    async def _look_at_new(self) -> None:
        new: list[_Waiter] = []
        try:
            await self._stand()
            while new := self._take_new():
                try:
                    ended = await self._look_up(list({i for waiter in new for i in waiter.asked}))
                except StoreUnavailable as error:
                    for waiter in new:  # each its own: an exception collects where it was raised
                        waiter.tell(StoreUnavailable(error.reason, error.retry_after_s))
                else:
                    for waiter in new:
                        waiter.tell(ended & waiter.asked)
        finally:
            self._looking = None
            for waiter in (*new, *self._take_new()):  # none, unless the store is being closed
                waiter.tell(frozenset())

    def _take_new(self) -> list[_Waiter]:
        new, self._new = self._new, []
        return new

    async def _sleep(self, waiter: _Waiter, deadline: float) -> None:
        timer = asyncio.get_running_loop().call_at(deadline, waiter.wake)
        try:
            await waiter.woken
        finally:
            timer.cancel()

    def _stands(self) -> None:
        self._failures = 0
        self._subscribed.set()

    def _hear(self, message: bytes) -> None:
        """Wake those for whose tasks or batches the message is, and tell what it tells of them."""
        ids, _, told = message.partition(b"\n")
        if told:
            items = unframe(told)
            for task_id, string in zip(items[::2], items[1::2], strict=True):
                for waiter in self._waiters.get(TaskId(task_id.decode()), ()):
                    waiter.told = string
        self._wake(TaskId(word) for word in ids.decode().split())

    def _wake(self, ended: Iterable[TaskId]) -> None:
        for task_id in ended:
            for waiter in self._waiters.get(task_id, ()):
                waiter.ended.add(task_id)
                waiter.wake()

    async def _keep_subscribed(self) -> None:
        while not self._closed:
            try:
                await hear(self._client, self._channel, self._stands, self._hear)
            except DRIVER_ERRORS as error:
                # the poll serves the waiters until the subscription stands again
                log.warning("subscription to ended tasks: %s", unavailable(error).reason)
            finally:
                self._subscribed.clear()
            await asyncio.sleep(doubling_ms(STORE_BACKOFF_MS, self._failures, 0.0) / 1000)
            self._failures += 1

    async def _keep_looking(self) -> None:
        while not self._closed:
            await self._needed.wait()
            await asyncio.sleep(self._poll_s)
            try:
                asked = [i for i, each in self._waiters.items() if any(w.polled for w in each)]
                self._wake(await self._look_up(asked))
            except StoreUnavailable as error:
                # those who wait have their own deadlines; the next round may succeed
                log.warning("looking for ended tasks: %s", error.reason)


class Expectation:
    """Who waits for one task from before it is submitted on: the port's ``Expected``."""

    def __init__(self, endings: Endings, waiter: _Waiter, *, stood: bool) -> None:
        """Begin to wait; ``stood``: whether the subscription did at that moment."""
        self._endings = endings
        self._waiter = waiter
        self._stood = stood
        endings.enter(waiter)

    async def ended(self, timeout_s: float) -> tuple[Task, Outcome] | None:
        """Return the task and its outcome if they were published; None: look."""
        asked = self._waiter.asked
        if not self._stood:  # it may have ended unheard: as whoever comes later does
            await self._endings.wait(asked, timeout_s)
            return None
        await self._endings.hear_of(self._waiter, timeout_s)
        (task_id,) = asked
        found = record.task_and_outcome(task_id, self._waiter.told, iter(()))
        if found is None or found[1] is None:
            return None
        return found[0], found[1]

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Wait no more."""
        self._endings.remove(self._waiter)
