"""The use cases of queues: how they stand, pause, resume, purge."""

from .errors import InvalidInput
from .ports import QueueState, QueueStore, Standing
from .task import PRIORITIES


class Queues:
    """The use cases; all raise StoreUnavailable, and may be repeated."""

    def __init__(self, queues: QueueStore) -> None:
        """Take the port."""
        self._queues = queues

    async def standing(self) -> Standing:
        """Return how all queues stand, at one moment."""
        return await self._queues.standing()

    async def pause(self, priority: int) -> QueueState:
        """Let no task of a priority be claimed any more; those that run go on.

        Returns how the queue stands then. Raises InvalidInput for a priority that is none.
        """
        await self._queues.pause(_checked(priority))
        return (await self._queues.standing()).queues[priority]

    async def resume(self, priority: int) -> QueueState:
        """Let tasks of a priority be claimed again; returns and raises as ``pause``."""
        await self._queues.resume(_checked(priority))
        return (await self._queues.standing()).queues[priority]

    async def purge(self, priority: int) -> int:
        """Cancel all tasks of a priority that wait; return how many. Raises InvalidInput."""
        return await self._queues.purge(_checked(priority))


def _checked(priority: int) -> int:
    if priority not in PRIORITIES:
        raise InvalidInput(f"priority {priority} is none of {', '.join(map(str, PRIORITIES))}")
    return priority
