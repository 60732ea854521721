"""Tasks of the event loop that are kept between calls: one is made only where none is idle.

A task for each call costs 10 us warm and several times that alone, more than some of the calls
(docs/performance.md). What a call raises ends the group, as if it had a task of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

C = TypeVar("C")


class Carriers(Generic[C]):
    """Carry out calls, as many at once as there are; for one event loop, entered once."""

    def __init__(self, carry_out: Callable[[C], Awaitable[None]]) -> None:
        """Take what carries out one call."""
        self._carry_out = carry_out
        self._group = asyncio.TaskGroup()
        self._tasks: list[asyncio.Task[None]] = []
        self._idle: list[asyncio.Future[C]] = []

    async def __aenter__(self) -> Self:
        """Begin; calls may come from now on."""
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wait until all have stopped; raise an ExceptionGroup of what calls have raised."""
        await self._group.__aexit__(kind, error, traceback)

    def carry(self, call: C) -> None:
        """Have a call carried out; it begins with the loop's next turn, in the order of calls."""
        if self._idle:
            self._idle.pop().set_result(call)
        else:
            self._tasks.append(self._group.create_task(self._serve(call)))

    def stop(self) -> None:
        """Break off what is under way, and take no more calls."""
        self._idle.clear()
        for task in self._tasks:
            task.cancel()

    async def _serve(self, call: C) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._carry_out(call)
            following: asyncio.Future[C] = loop.create_future()
            self._idle.append(following)
            call = await following
