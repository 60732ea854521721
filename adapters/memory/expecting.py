"""Whoever waits for a task from before it is submitted on: here, like all others, once it is."""

from typing import TYPE_CHECKING, Self

from ...domain.identifiers import TaskId
from ...domain.ports import End

if TYPE_CHECKING:
    from ...domain.ports import TaskStore


class Expectation:
    """Nothing is missed: the store is looked at in the same step in which the wait begins."""

    def __init__(self, store: "TaskStore", task_id: TaskId) -> None:
        self._store = store
        self._task_id = task_id

    async def ended(self, timeout_s: float) -> End | None:
        """Return how the task ended once it has; None when time is up."""
        await self._store.wait([self._task_id], timeout_s)
        (found,) = await self._store.outcomes([self._task_id])
        return None if found is None or found[1] is None else End(found[0].status, found[1])

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Wait no more: nothing is held between two calls."""
