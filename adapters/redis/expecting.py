"""Waiting for a task from before it is submitted on, so that nobody need look before or after."""

import asyncio
from typing import Self

from ...domain.identifiers import TaskId
from ...domain.ports import End
from . import record
from .waiters import Waiter, Waiting


class Expectation:
    """Who waits for one task from before it is submitted on: the port's ``Expected``."""

    def __init__(self, endings: Waiting, task_id: TaskId) -> None:
        """Begin to wait."""
        loop = asyncio.get_running_loop()
        self._endings = endings
        self._waiter = Waiter(frozenset([task_id]), polled=True, loop=loop)
        self._stood = endings.stands
        endings.enter(self._waiter)

    async def ended(self, timeout_s: float) -> End | None:
        """Return how the task ended if that was published; None: look."""
        asked = self._waiter.asked
        if not self._stood:  # it may have ended unheard: as whoever comes later does
            await self._endings.wait(asked, timeout_s)
            return None
        await self._endings.hear_of(self._waiter, timeout_s)
        (task_id,) = asked
        return record.end(task_id, self._waiter.told)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Wait no more."""
        self._endings.remove(self._waiter)
