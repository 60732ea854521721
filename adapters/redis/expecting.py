"""Waiting for a task from before it is submitted on, so that nobody need look before or after."""

import asyncio
from typing import Self

from ...domain.identifiers import TaskId
from ...domain.task import Outcome, Task
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
