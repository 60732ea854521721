"""Many tasks go in breaths, one after the other, and the next are made while one is under way."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest
from fakeredis import FakeServer

from gofer.adapters.redis.batches import ABREAST
from gofer.adapters.redis.lines import Lines
from gofer.adapters.redis.store import RedisStore
from gofer.adapters.redis.wire import Command
from gofer.domain.policy import BATCH
from gofer.domain.ports import Submitted
from gofer.domain.task import NewTask
from tests.contracts.redis_backend import fake_clients
from tests.contracts.store_backend import a_task, queue, take

BREATH = ABREAST * BATCH

Ask = tuple[str, int]


class Slow:
    """A store whose server answers a breath only when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = RedisStore(*fake_clients(FakeServer()))
        self.told: list[Ask] = []
        self.answer = asyncio.Event()
        self.answer.set()
        ask = Lines.ask

        async def slowly(
            lines: Lines, commands: Sequence[Command], limit_s: float | None = None
        ) -> list[Any]:
            self.told.append(("asked", len(commands)))
            await self.answer.wait()
            return await ask(lines, commands, limit_s)

        monkeypatch.setattr(Lines, "ask", slowly)

    def made(self, count: int, broken: int = -1) -> Iterator[NewTask]:
        """Give tasks, and note each breath of them; the one at ``broken`` cannot be made."""
        for number in range(count):
            if number % BREATH == 0:
                self.told.append(("made from", number))
            if number == broken:
                raise LookupError("no such thing")
            yield a_task()


@pytest.fixture
async def slow(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Slow]:
    made = Slow(monkeypatch)
    await queue(made.store)  # the server knows function and script from now on
    made.told.clear()
    yield made
    await made.store.close()


async def turns() -> None:
    """Let everything that is ready have its turn."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_next_tasks_are_made_while_those_before_are_recorded(slow: Slow) -> None:
    slow.answer.clear()
    submitting = asyncio.create_task(slow.store.submit(slow.made(2 * BREATH + 1)))
    await turns()
    assert slow.told == [("made from", 0), ("asked", ABREAST), ("made from", BREATH)]
    slow.answer.set()
    assert await submitting == [Submitted.NEW] * (2 * BREATH + 1)
    assert slow.told[3:] == [("asked", ABREAST), ("made from", 2 * BREATH), ("asked", 1)]


async def test_who_cannot_make_the_next_leaves_nothing_under_way(slow: Slow) -> None:
    slow.answer.clear()
    before = asyncio.all_tasks()
    with pytest.raises(LookupError, match="no such thing"):
        await slow.store.submit(slow.made(2 * BREATH, broken=BREATH + 1))
    assert asyncio.all_tasks() == before
    slow.answer.set()
    assert len(await take(slow.store, limit=2)) == 1
