"""Long payloads and results beside the scripts: each has a key of its own.

Lua hashes and copies whatever it is handed. So long bodies are read by plain MGET, and the longest
are written by plain SET, under a key that is forgotten soon, right before the script that renames
it: for a MiB that takes a third of what an argument takes (docs/performance.md).
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Any, Self

from ...domain.identifiers import TaskId
from .batches import ABREAST, batches
from .driver import Driver
from .failures import StoreFull
from .keys import Keys
from .strings import Read
from .wire import Command, Word

STAGED_BYTES = 16 * 1024
"""Bodies from this length on come before the script. Shorter ones cost no more as arguments."""

STAGED_MS = 60_000
"""How long they stay, if the script does not come for them."""

_TURNS_TO_LEAVE = 2
"""Turns of the event loop that a call needs: one to be written, and uvloop sends at its end."""

PORTION_BYTES = 1024 * 1024
"""How much of long results comes at once, where they are passed on as they come."""


class Bodies:
    """The keys of one shard that hold long payloads and results."""

    def __init__(self, driver: Driver, keys: Keys) -> None:
        self._driver = driver
        self._keys = keys

    async def run_each(
        self, script: str, calls: Iterable[tuple[bytes, Sequence[bytes]]], *leading: Word
    ) -> list[Any]:
        """Run a script for each pair of items and long bodies; return the answers in order.

        Those without long bodies go some at a time in one breath, so the script must be one that
        may be repeated: one may be carried out although an earlier one was refused. While a breath
        is under way the next calls are taken, and so made.
        """
        answers: list[Any] = []
        waiting: list[Sequence[Word]] = []
        async with _Breaths(self._driver, script, answers) as breaths:
            for items, longs in calls:
                if not longs:
                    waiting.append((*leading, items, ""))
                if waiting and (longs or len(waiting) == ABREAST):
                    await breaths.begin(waiting)
                    waiting = []
                if longs:
                    await breaths.ended()
                    answers.append(await self.run(script, longs, *leading, items))
            await breaths.ended()
        if waiting:
            answers += await self._driver.run_all(script, waiting)
        return answers

    async def run(self, script: str, longs: Sequence[bytes], *arguments: Word) -> Any:
        """Run a script that takes ``longs`` behind its arguments (lua/shared/bodies.lua says how).

        A server that is full refuses a plain SET, but not a script that frees something first: so
        then all are arguments.
        """
        stem = secrets.token_hex(8) if any(len(b) >= STAGED_BYTES for b in longs) else ""
        staged: dict[str, bytes] = {}
        for number, body in enumerate(longs, 1):
            if len(body) >= STAGED_BYTES:
                staged[self._keys.staged(stem, number)] = body
        if not staged:
            return await self._driver.run(script, *arguments, "", *longs)
        sets: list[Command] = [("SET", key, body, "PX", STAGED_MS) for key, body in staged.items()]
        left = [b"" if len(body) >= STAGED_BYTES else body for body in longs]
        try:
            return await self._driver.run(script, *arguments, stem, *left, before=sets)
        except StoreFull:
            await self._driver.command("UNLINK", *staged)
            return await self._driver.run(script, *arguments, "", *longs)

    async def results(self, read: Read) -> list[bytes | None]:
        """Return the results and exceptions that have keys of their own, in order.

        None for one that is forgotten: its time is up.
        """
        return await self._driver.bodies([self._key(read, at) for at in read.apart])

    async def results_but(
        self, read: Read, most: int | None
    ) -> tuple[list[bytes | None], dict[int, int]]:
        """Return as ``results`` does, with nothing in place of results of more than ``most`` bytes.

        And how many bytes these have, by the places of their records.
        """
        left: dict[int, int] = {}
        if most is not None:
            left = {at: size for at, size in read.apart.items() if size > most}
            # what a failed task has beside its string is an exception, and told with its evidence
            left = {at: size for at, size in left.items() if read.records[at][1][:1] == b"C"}
        if not left:
            return await self.results(read), {}
        asked: list[Command] = [("STRLEN", self._key(read, at)) for at in left]
        if near := [self._key(read, at) for at in read.apart if at not in left]:
            asked.append(("MGET", *near))
        answers = await self._driver.each(asked)
        told = iter(answers[-1] if near else ())
        there = dict(zip(left, answers, strict=False))
        bodies = [
            next(told) if at not in left else b"" if there[at] == left[at] else None
            for at in read.apart
        ]
        return bodies, {at: size for at, size in left.items() if there[at] == size}

    def _key(self, read: Read, at: int) -> str:
        return self._keys.result(read.records[at][0])

    async def portions(self, tasks: Sequence[tuple[TaskId, int]]) -> AsyncGenerator[bytes | None]:
        """Bring results of so many bytes, in order; None for one that is not there any more.

        The next PORTION_BYTES of them come from the server while these are made use of.
        """
        cut = [
            [self._keys.result(task_id) for task_id, _ in portion]
            for portion in batches(tasks, lambda task: task[1], PORTION_BYTES)
        ]
        coming: asyncio.Task[list[bytes | None]] | None = None
        try:
            for number in range(len(cut)):
                if coming is None:
                    coming = asyncio.create_task(self._driver.bodies(cut[number]))
                bodies, coming = await coming, None
                if number + 1 < len(cut):
                    coming = asyncio.create_task(self._driver.bodies(cut[number + 1]))
                bodies.reverse()
                while bodies:
                    yield bodies.pop()
        finally:
            if coming is not None:
                coming.cancel()


class _Breaths:
    """Calls of a script in one breath after the other: one is under way, and its caller goes on."""

    def __init__(self, driver: Driver, script: str, answers: list[Any]) -> None:
        self._driver = driver
        self._script = script
        self._answers = answers
        self._under_way: asyncio.Task[list[Any]] | None = None

    async def begin(self, calls: Sequence[Sequence[Word]]) -> None:
        """Send calls once those before are answered; return when they are on their way."""
        await self.ended()
        self._under_way = asyncio.create_task(self._driver.run_all(self._script, calls))
        for _ in range(_TURNS_TO_LEAVE):
            await asyncio.sleep(0)

    async def ended(self) -> None:
        """Wait for the answers to those under way, if any; raises what their call raises."""
        if self._under_way is not None:
            self._answers += await self._under_way
            self._under_way = None

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(self, *error: object) -> None:
        """Leave nothing under way, whatever has happened."""
        if self._under_way is not None:
            self._under_way.cancel()
            await asyncio.gather(self._under_way, return_exceptions=True)
