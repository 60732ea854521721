"""The queues on Redis: how they stand, and taking them out of service."""

from ...domain.identifiers import TaskId
from ...domain.ports import QueueState, Standing, Totals
from ...domain.ports.queues import PLACES_MOST, Place
from ...domain.task import PRIORITIES
from .driver import Driver
from .framing import unframe

_TOTALS, _QUEUE = 5, 5
"""How many items standing.lua answers for the totals, and for each queue."""


class RedisQueues:
    """The queues of one shard."""

    def __init__(self, driver: Driver, retention_ms: int) -> None:
        self._driver = driver
        self._retention_ms = retention_ms

    async def standing(self) -> Standing:
        """Return how the queues stand, all at one moment."""
        delayed, running, *items = unframe(await self._driver.run("standing"))
        totals = Totals(*(int(item or 0) for item in items[:_TOTALS]))
        queues: list[QueueState] = []
        for priority in PRIORITIES:
            at = _TOTALS + priority * _QUEUE
            depth, oldest, paused, came, claimed = items[at : at + _QUEUE]
            queues.append(
                QueueState(
                    priority,
                    int(depth),
                    int(oldest) if oldest else None,
                    paused == b"1",
                    float(came),
                    float(claimed),
                )
            )
        return Standing(tuple(queues), int(delayed), int(running), totals)

    async def place(self, task_id: TaskId) -> Place | None:
        """Return where a task waits; None if it does not exist."""
        told = unframe(await self._driver.run("place", task_id, PLACES_MOST))
        if not told:
            return None
        tag, ahead = told
        return Place(tag.decode(), int(ahead) if ahead else None)

    async def pause(self, priority: int) -> None:
        """Let no task of a priority be claimed."""
        await self._driver.run("pause", priority, 1)

    async def resume(self, priority: int) -> None:
        """Let tasks of a priority be claimed again, and ring."""
        await self._driver.run("pause", priority, 0)

    async def purge(self, priority: int) -> int:
        """Cancel all QUEUED tasks of a priority, some a call; return how many."""
        count, following = 0, b"0"
        while following:
            words = (priority, self._retention_ms, following)
            ended, following = unframe(await self._driver.run("purge", *words))
            count += int(ended)
        return count
