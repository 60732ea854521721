"""A store whose callers share calls: what is asked at the same time goes to the store as one call.

A web service under load asks the store the same thing for many requests at once, and a call costs
far more than an item of it (on Redis 100 us against 5). So what arrives within one turn of the
event loop, or while a call of the same verb is under way, is carried together by the next call.
Nothing ever waits for more to come: there is no timer here, and a caller who is alone is carried
at once.

Callers do not notice each other. Each gets the answers to its own items; a call that fails for
another reason than that the store is away is made again for each caller alone, so that one's
trouble does not become another's (every verb carried here may be repeated); and a caller that goes
away takes nobody with it. To be used from one event loop.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import chain, islice
from typing import Any, Generic, TypeVar, cast

from ..domain.errors import StoreUnavailable
from ..domain.policy import BATCH
from ..domain.ports import Repeated, Submitted, TaskStore
from ..domain.task import NewTask

LARGE_BYTES = 64 * 1024
"""Payloads over this size travel in a call of their own: they would hold up the others."""

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Call = Callable[[Sequence[Item]], Awaitable[list[Answer]]]


def coalesced(store: TaskStore) -> TaskStore:
    """Return ``store`` with shared calls of ``submit``, ``get``, ``outcomes`` and ``cancel``.

    Every other verb is the store's own.
    """
    return cast("TaskStore", _Coalesced(store))


class Shared(Generic[Item, Answer]):
    """One verb: takes items, answers for each in order, and may be called again without harm.

    One call at most is under way, of at most ``BATCH`` items, which is one script. A caller with
    as many items or more, or one whose items ``apart`` says so, does not share.
    """

    def __init__(
        self,
        call: Call[Item, Answer],
        apart: Callable[[Sequence[Item]], bool] = lambda _items: False,
    ) -> None:
        self._call = call
        self._apart = apart
        self._waiting: deque[_Caller[Item, Answer]] = deque()
        self._carrier: asyncio.Task[None] | None = None

    async def __call__(self, items: Sequence[Item]) -> list[Answer]:
        """Return the answers to ``items``; raise what the verb itself raises for them."""
        if not 0 < len(items) < BATCH or self._apart(items):
            return await self._call(items)
        loop = asyncio.get_running_loop()
        caller = _Caller(items, loop.create_future())
        self._waiting.append(caller)
        if self._carrier is None:  # it begins after all that is ready in this turn of the loop
            self._carrier = loop.create_task(self._carry(), name="shared-call")
        return await caller.answers

    async def _carry(self) -> None:
        """Make calls until nobody waits; ends in an exception only if it is cancelled."""
        callers: list[_Caller[Item, Answer]] = []
        try:
            while callers := self._next():
                await self._serve(callers)
        finally:
            self._carrier = None
            for caller in (*callers, *self._waiting):  # none, unless the process is ending
                caller.fail(StoreUnavailable("the service is being stopped"))
            self._waiting.clear()

    def _next(self) -> "list[_Caller[Item, Answer]]":
        """Take the first of those who wait, as many as one call carries."""
        callers: list[_Caller[Item, Answer]] = []
        room = BATCH
        while self._waiting and len(self._waiting[0].items) <= room:
            caller = self._waiting.popleft()
            if not caller.answers.done():  # else it has gone away
                callers.append(caller)
                room -= len(caller.items)
        return callers

    async def _serve(self, callers: "list[_Caller[Item, Answer]]") -> None:
        if len(callers) == 1:
            await self._serve_one(callers[0])
            return
        items = [item for caller in callers for item in caller.items]
        try:
            answers = await self._call(items)
        except StoreUnavailable as error:
            for caller in callers:  # each its own: an exception collects where it was raised
                caller.fail(StoreUnavailable(error.reason, error.retry_after_s))
        except Exception:  # noqa: BLE001 - it is some caller's own trouble, and will be raised there
            for caller in callers:
                await self._serve_one(caller)
        else:
            first = 0
            for caller in callers:
                past = first + len(caller.items)
                caller.give(answers[first:past])
                first = past

    async def _serve_one(self, caller: "_Caller[Item, Answer]") -> None:
        try:
            answers = await self._call(caller.items)
        except Exception as error:  # noqa: BLE001 - raised again where it belongs
            caller.fail(error)
        else:
            caller.give(answers)


class _Caller(Generic[Item, Answer]):
    """Who waits for the answers to these items; it may have gone away meanwhile."""

    __slots__ = ("answers", "items")

    def __init__(self, items: Sequence[Item], answers: "asyncio.Future[list[Answer]]") -> None:
        self.items = items
        self.answers = answers

    def give(self, answers: list[Answer]) -> None:
        if not self.answers.done():
            self.answers.set_result(answers)

    def fail(self, error: Exception) -> None:
        if not self.answers.done():
            self.answers.set_exception(error)


class _Coalesced:
    """A store, and before it the verbs that are shared."""

    def __init__(self, store: TaskStore) -> None:
        self._store = store
        self._submit = Shared(store.submit, _large)
        self.get = Shared(store.get)
        self.outcomes = Shared(store.outcomes)
        self.cancel = Shared(store.cancel)

    def __getattr__(self, verb: str) -> Any:
        return getattr(self._store, verb)

    async def submit(self, tasks: Iterable[NewTask]) -> list[Submitted | Repeated]:
        made = iter(tasks)
        first = list(islice(made, BATCH))
        if len(first) < BATCH:
            return await self._submit(first)
        return await self._store.submit(chain(first, made))  # they go by themselves, as they come


def _large(tasks: Sequence[NewTask]) -> bool:
    return sum(len(task.payload) for task in tasks) > LARGE_BYTES
