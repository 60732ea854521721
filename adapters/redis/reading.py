"""Looking at tasks on Redis: as they stand, with their outcomes, and whether they have ended."""

from collections.abc import Sequence

from ...domain.identifiers import TaskId
from ...domain.task import Outcome, Task
from . import record
from .batches import batches
from .bodies import Bodies
from .driver import Driver
from .framing import frame
from .strings import Strings


class Reading:
    """The verbs of TaskStore that change nothing, on one shard."""

    def __init__(self, driver: Driver, strings: Strings, bodies: Bodies) -> None:
        self._driver = driver
        self._strings = strings
        self._bodies = bodies

    async def get(self, task_ids: Sequence[TaskId]) -> list[Task | None]:
        """Return tasks as they stand."""
        found: list[Task | None] = []
        while len(found) < len(task_ids):
            read = await self._strings.read(task_ids[len(found) :])
            found.extend(record.task(*each) for each in read.records)
        return found

    async def outcomes(
        self, task_ids: Sequence[TaskId]
    ) -> list[tuple[Task, Outcome | None] | None]:
        """Return tasks with their outcomes: a call answers about CALL_BYTES of them at most."""
        found: list[tuple[Task, Outcome | None] | None] = []
        while len(found) < len(task_ids):
            read = await self._strings.read(task_ids[len(found) :])
            longs = iter(await self._bodies.results(read))
            found.extend(record.task_and_outcome(*each, longs) for each in read.records)
        return found

    async def ended(self, task_ids: Sequence[TaskId]) -> frozenset[TaskId]:
        """Return those that have ended, or do not exist."""
        found: list[TaskId] = []
        for batch in batches(task_ids):
            letters = await self._driver.run("wait", frame(map(str.encode, batch)))
            pairs = zip(batch, letters, strict=True)
            found.extend(task_id for task_id, letter in pairs if letter == ord("E"))
        return frozenset(found)
