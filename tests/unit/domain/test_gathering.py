"""Pages of a batch's results that follow one another: each gathers for a moment."""

import asyncio

import pytest

from gofer.adapters.memory.clock import ManualClock, SeededEntropy
from gofer.adapters.memory.store import MemoryStore
from gofer.adapters.payload.inspector import PickleInspector
from gofer.adapters.telemetry import CountingTelemetry
from gofer.domain.function import Environment
from gofer.domain.identifiers import BatchId, WorkerId
from gofer.domain.ports import BatchPage, Completion
from gofer.domain.service import Service
from gofer.domain.submissions import Limits, Submission
from gofer.domain.task import Success

OURS = Environment("cpython", (3, 11))
NOTHING = b"\x80\x04)}\x86."


async def turns() -> None:
    """Let who waits come on as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


class Stand:
    """A batch of three tasks, of which the first has ended; its next page is asked for."""

    def __init__(self) -> None:
        clock = ManualClock()
        self.store = MemoryStore(clock)
        parts = PickleInspector(), clock, SeededEntropy(1), OURS, Limits(), CountingTelemetry()
        self.service = Service(self.store, self.store, *parts)

    async def begin(self) -> "asyncio.Task[BatchPage]":
        function = await self.service.register("f", NOTHING)
        submitted = await self.service.batches.submit([Submission(function, NOTHING)] * 3)
        await self.finish_one()
        page = asyncio.create_task(self.next_page(submitted.id))
        await turns()
        return page

    async def next_page(self, batch: BatchId) -> BatchPage:
        return await self.service.batches.results(batch, 1, 10, 60)

    async def finish_one(self) -> None:
        (task,) = (await self.store.claim("d", "token", {OURS.tag: 1}, 1_000)).tasks
        await self.store.complete([Completion(task.attempt, WorkerId("w"), Success(b"result"))])
        await turns()


async def test_a_page_that_follows_another_gathers_until_all_have_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gofer.domain.batches.GATHER_S", 30.0)
    stand = Stand()
    page = await stand.begin()
    await stand.finish_one()
    assert not page.done()
    await stand.finish_one()
    async with asyncio.timeout(10):
        assert [ending.position for ending in (await page).endings] == [2, 3]


async def test_gathering_ends_when_its_time_is_up() -> None:
    stand = Stand()
    page = await stand.begin()
    await stand.finish_one()
    async with asyncio.timeout(10):
        assert [ending.position for ending in (await page).endings] == [2]
