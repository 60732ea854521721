"""Calls of the scripts that answer for each item, cut into as many as that takes."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from . import codec
from .batches import batches
from .bodies import Bodies
from .driver import Driver
from .framing import frame
from .wire import Word

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
        batch: Sequence[Item],
        items_of: Callable[[Item], tuple[codec.Items, bytes]],
        read: Callable[[bytes], Sequence[Answer]],
        *leading: Word,
        size: Callable[[Item], int],
    ) -> list[Answer]:
        """Run a script as above; long bodies travel as arguments of their own."""

        def call(part: Sequence[Item]) -> tuple[bytes, list[bytes]]:
            told = [items_of(each) for each in part]
            items = frame([item for row, _ in told for item in row])
            return items, [long for _, long in told if long]

        if len(batch) == 1:  # as most are that come alone: spared the layers below
            items, longs = call(batch)
            if not longs:
                return [*read(await self._driver.run(script, *leading, items, ""))]
        calls = map(call, batches(batch, size))
        answered = await self._bodies.run_each(script, calls, *leading)
        return [answer for each in answered for answer in read(each)]
