"""Calls of the scripts that answer for each item, cut into as many as that takes."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from typing import TypeVar

from ...domain.policy import BATCH
from . import codec
from .batches import ABREAST, batches
from .bodies import Bodies
from .driver import Driver
from .framing import frame
from .wire import Word

TAKEN_MOST = ABREAST * BATCH
"""So many of a batch are taken at a time: what goes in one breath, where nothing is long."""

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Calls:
    """Such calls on one shard."""

    def __init__(self, driver: Driver, bodies: Bodies) -> None:
        self._driver = driver
        self._bodies = bodies

    async def each(
        self,
        script: str,
        batch: Sequence[Item],
        items_of: Callable[[Item], codec.Items],
        read: Callable[[bytes], Sequence[Answer]],
        *leading: Word,
    ) -> list[Answer]:
        """Run a script that answers for each item; ``read`` tells what its answers mean."""
        answers: list[Answer] = []
        for part in batches(batch):
            items = frame([item for each in part for item in items_of(each)])
            answers.extend(read(await self._driver.run(script, *leading, items)))
        return answers

    async def apart(
        self,
        script: str,
        batch: Iterable[Item],
        items_of: Callable[[Item], tuple[codec.Items, bytes]],
        read: Callable[[bytes], Sequence[Answer]],
        *leading: Word,
        size: Callable[[Item], int],
    ) -> list[Answer]:
        """Run a script as above; long bodies travel as arguments of their own.

        Of many, the next are taken and put into words while the server has those before.
        """

        def call(part: Sequence[Item]) -> tuple[bytes, list[bytes]]:
            told = [items_of(each) for each in part]
            items = frame([item for row, _ in told for item in row])
            return items, [long for _, long in told if long]

        taken = iter(batch)
        first = list(islice(taken, TAKEN_MOST))
        if len(first) == 1:  # as most are that come alone: spared the layers below
            items, longs = call(first)
            if not longs:
                return [*read(await self._driver.run(script, *leading, items, ""))]
        parts = chain([first], iter(lambda: list(islice(taken, TAKEN_MOST)), []))
        calls = (call(each) for part in parts for each in batches(part, size))
        answered = await self._bodies.run_each(script, calls, *leading)
        return [answer for each in answered for answer in read(each)]
