"""Waiting for tasks to end: one subscription and one slow poll for all who wait.

The scripts publish the ids of the tasks that ended on one channel; this object subscribes once,
when somebody first waits, and wakes its own waiters. Messages may be lost (a broken connection,
a slow subscriber), so whoever waits is also looked up every ``poll_s`` seconds, all in one call.
Whoever comes is looked up once, together with all who come at that time; whoever came before the
task did (``expect``), or has read a batch to its end so far (``follow``), is not, while the
subscription stands. There is never a subscription,
connection or asyncio task for each who waits.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence

from redis.asyncio import Redis

from ...domain.errors import StoreUnavailable
from ...domain.identifiers import BatchId, TaskId
from ...domain.policy import STORE_BACKOFF_MS, doubling_ms
from .expecting import Expectation
from .failures import DRIVER_ERRORS, unavailable
from .following import Followed, Following
from .news import News
from .subscription import hear
from .waiters import Waiter

SUBSCRIBE_S = 0.5
"""How long a first waiter waits for the subscription to stand; the poll serves those who go on."""

LookUp = Callable[[Sequence[TaskId]], Awaitable[frozenset[TaskId]]]

log = logging.getLogger(__name__)


class Endings:
    """Whoever waits for tasks of one shard in this process, and what wakes them."""

    def __init__(self, client: Redis, channel: str, look_up: LookUp, poll_s: float) -> None:
        self._client = client
        self._channel = channel
        self._look_up = look_up
        self._poll_s = poll_s
        self._waiters: dict[TaskId, set[Waiter]] = {}
        self._new: list[Waiter] = []
        self._looking: asyncio.Task[None] | None = None
        self._subscribed = asyncio.Event()
        self._needed = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._failures = 0
        self._followed = Followed(poll_s)
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
        waiter = Waiter(task_ids, polled=look_up is None, loop=loop)
        self.enter(waiter)
        try:
            if look_up is None:
                ended = await self._looked_up(waiter)
            else:
                await self.stand()
                ended = await look_up(list(task_ids))
            if ended or self.leaving:
                return ended
            await self._sleep(waiter, deadline)
            return frozenset(waiter.ended)
        finally:
            self.remove(waiter)

    def expect(self, task_id: TaskId) -> Expectation:
        """Begin to wait for a task that is about to be submitted."""
        return Expectation(self, task_id)

    def follow(self, batch_id: BatchId, first: int) -> Following:
        """Begin to wait for what ends of a batch behind the ``first`` so many."""
        return Following(self, self._followed, batch_id, first)

    @property
    def stands(self) -> bool:
        """Return whether the subscription does: nothing that is published is missed."""
        return self._subscribed.is_set()

    async def hear_of(self, waiter: Waiter, timeout_s: float) -> None:
        """Return when a waiter was woken that has been entered, or time is up."""
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

    def enter(self, waiter: Waiter) -> None:
        """Have a waiter woken from now on."""
        for task_id in waiter.asked:
            self._waiters.setdefault(task_id, set()).add(waiter)
        self._needed.set()

    def remove(self, waiter: Waiter) -> None:
        """Wake it no more."""
        for task_id in waiter.asked:
            self._waiters[task_id].discard(waiter)
            if not self._waiters[task_id]:
                del self._waiters[task_id]
        if not self._waiters:
            self._needed.clear()

    async def stand(self) -> None:
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

    async def _looked_up(self, waiter: Waiter) -> frozenset[TaskId]:
        """Return what of a waiter's tasks ended before, found in one call with all who come now."""
        waiter.looked = asyncio.get_running_loop().create_future()
        self._new.append(waiter)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_at_new(), name="endings-look-up")
        return await waiter.looked

    async def _look_at_new(self) -> None:
        new: list[Waiter] = []
        try:
            await self.stand()
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

    def _take_new(self) -> list[Waiter]:
        new, self._new = self._new, []
        return new

    async def _sleep(self, waiter: Waiter, deadline: float) -> None:
        timer = asyncio.get_running_loop().call_at(deadline, waiter.wake)
        try:
            await waiter.woken
        finally:
            timer.cancel()

    def _stands(self) -> None:
        self._failures = 0
        self._subscribed.set()

    def _hear(self, message: bytes) -> None:
        """Tell those for whose tasks or batches the message is, and wake them."""
        news = News(message)
        self._followed.hear(news)
        for name in news.names:
            for waiter in self._waiters.get(name, ()):
                waiter.hear(name, news)

    def _wake(self, ended: Iterable[TaskId]) -> None:
        for task_id in ended:
            for waiter in self._waiters.get(task_id, ()):
                waiter.end(task_id)

    async def _keep_subscribed(self) -> None:
        while not self._closed:
            try:
                await hear(self._client, self._channel, self._stands, self._hear)
            except DRIVER_ERRORS as error:
                # the poll serves the waiters until the subscription stands again
                log.warning("subscription to ended tasks: %s", unavailable(error).reason)
            finally:
                self._subscribed.clear()
                self._followed.forget()
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
