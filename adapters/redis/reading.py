"""Looking at tasks on Redis: as they stand, with their outcomes, and whether they have ended."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from ...domain.identifiers import Attempt, TaskId
from ...domain.task import Outcome, Task
from . import record
from .batches import batches
from .bodies import Bodies
from .driver import Driver
from .framing import frame
from .keys import Keys
from .strings import Strings

LEASES = 1_000
"""Leases of a look at all of them."""


class Reading:
    """The verbs of TaskStore that change nothing, on one shard."""

    def __init__(self, driver: Driver, keys: Keys, strings: Strings, bodies: Bodies) -> None:
        self._driver = driver
        self._leases = keys.leases
        self._strings = strings
        self._bodies = bodies

    async def get(self, task_ids: Sequence[TaskId]) -> list[Task | None]:
        """Return tasks as they stand."""
        found: list[Task | None] = []
        while len(found) < len(task_ids):
            read = await self._strings.read(task_ids[len(found) :])
            found.extend(record.task(*each) for each in read.records)
        return found

    async def leased(self, owner: str) -> list[Attempt]:
        """Return what is leased to a dispatcher: some leases a call."""
        found: list[Attempt] = []
        word, first = record.word(owner).encode(), 0
        while ids := await self._driver.call("ZRANGE", self._leases, first, first + LEASES - 1):
            first += len(ids)
            task_ids = [TaskId(each.decode()) for each in ids]
            while task_ids:
                read = await self._strings.read(task_ids)
                found.extend(_leased_to(word, read.records))
                task_ids = task_ids[len(read.records) :]
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


def _leased_to(owner: bytes, records: Iterable[tuple[TaskId, bytes]]) -> Iterator[Attempt]:
    """Yield the attempts of those that run and are leased to an owner, who is given as a word."""
    for task_id, each in records:
        words = each.split(b" ", 4)
        if len(words) > 3 and words[0] == b"R" and words[3] == owner:  # noqa: PLR2004 - its fourth
            with suppress(ValueError):  # what cannot be read is left until its lease ends
                yield Attempt(task_id, int(words[1]), record.unword(words[2].decode()))
