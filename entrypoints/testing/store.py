"""The store of a system under test: the reference store in memory, which can be made to be away."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager

from ...adapters.memory.store import MemoryStore
from ...domain.errors import StoreUnavailable
from ...domain.function import Function
from ...domain.identifiers import TaskId
from ...domain.ports import Cancelled, Filed, Repeated, Submitted
from ...domain.task import NewTask, Outcome, Task


class SwitchableStore(MemoryStore):
    """A store in memory. While it is away the web service answers 503; the dispatcher, which does
    not talk to clients, goes on.
    """

    _trouble: StoreUnavailable | None = None

    @contextmanager
    def away(self, reason: str = "a test said so") -> Generator[None]:
        """Refuse what the web service asks, as a store that does not answer; inside the block."""
        self._trouble = StoreUnavailable(reason)
        try:
            yield
        finally:
            self._trouble = None

    async def put(self, functions: Sequence[Function], *, unless_same: bool = False) -> list[Filed]:
        """Store functions; raise StoreUnavailable while away."""
        self._answer()
        return await super().put(functions, unless_same=unless_same)

    async def submit(self, tasks: Iterable[NewTask]) -> list[Submitted | Repeated]:
        """Record new tasks; raise StoreUnavailable while away."""
        self._answer()
        return await super().submit(tasks)

    async def outcomes(
        self, task_ids: Sequence[TaskId]
    ) -> list[tuple[Task, Outcome | None] | None]:
        """Return tasks with their outcomes (``get`` asks this too); StoreUnavailable while away."""
        self._answer()
        return await super().outcomes(task_ids)

    async def cancel(self, task_ids: Sequence[TaskId]) -> list[Cancelled]:
        """End tasks as CANCELLED; raise StoreUnavailable while away."""
        self._answer()
        return await super().cancel(task_ids)

    async def ping(self) -> str:
        """Return "connected"; raise StoreUnavailable while away."""
        self._answer()
        return await super().ping()

    def _answer(self) -> None:
        if self._trouble is not None:
            raise self._trouble
