"""What a task costs while others wait: submit, claim, complete straight on the store's adapter.

Databases of one server hold different numbers of queued tasks; rounds go through them in turn, so
that a change of the machine's mood meets all alike.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.plan import Sizes
from benchmarks.results import Sample
from benchmarks.store import OwnStore
from gofer.adapters.redis.options import StoreOptions
from gofer.adapters.redis.store import RedisStore
from gofer.domain.function import Environment, Function, content_digest
from gofer.domain.identifiers import RANDOM_BITS, FunctionId, TaskId, WorkerId, uuid7
from gofer.domain.policy import BATCH
from gofer.domain.ports import Completion
from gofer.domain.task import NewTask, Success

ENVIRONMENT = Environment("cpython", (3, 11))
PAYLOAD = b"\x80\x04K\x00\x85}\x86."
"""The pickle of ``((0,), {})``."""

LEASE_MS = 600_000
ROOM = 10_000_000


@dataclass(frozen=True, slots=True)
class Shelf:
    """A database with so many queued tasks."""

    queued: int
    store: RedisStore
    function: FunctionId
    bytes_per_task: float


def backlog(sizes: Sizes, server: OwnStore) -> Iterator[Sample]:
    """Fill, then time each operation in rounds."""
    yield from asyncio.run(_collect(_backlog(sizes, server)))


async def _collect(samples: AsyncIterator[Sample]) -> list[Sample]:
    return [sample async for sample in samples]


async def _backlog(sizes: Sizes, server: OwnStore) -> AsyncIterator[Sample]:
    server.clear()
    shelves = [
        await _fill(server, number, queued) for number, queued in enumerate(sizes.backlogs, start=1)
    ]
    try:
        for number in range(1, sizes.backlog_rounds + 1):
            for shelf in shelves:
                figures = await _cycle(shelf, sizes.backlog_tasks, server)
                figures["bytes_per_task"] = shelf.bytes_per_task
                yield Sample(f"backlog {shelf.queued}", "gofer-store", number, figures)
    finally:
        for shelf in shelves:
            await shelf.store.close()
        server.clear()


async def _fill(server: OwnStore, database: int, queued: int) -> Shelf:
    options = StoreOptions(queued_limit=ROOM)
    store = RedisStore.from_url(f"{server.url.rpartition('/')[0]}/{database}", options)
    function = FunctionId(_new_id())
    digest = content_digest(b"")
    await store.put([Function(function, "noop", b"", digest, ENVIRONMENT, 0)])
    before = server.bytes_used()
    await _submit(store, function, queued)
    return Shelf(queued, store, function, (server.bytes_used() - before) / queued)


async def _submit(store: RedisStore, function: FunctionId, count: int) -> None:
    for first in range(0, count, BATCH):
        size = min(BATCH, count - first)
        await store.submit([NewTask(TaskId(_new_id()), function, PAYLOAD) for _ in range(size)])


async def _cycle(shelf: Shelf, count: int, server: OwnStore) -> dict[str, float]:
    """Submit, claim and complete ``count`` tasks; return us a task, on the clock and in Redis."""
    figures: dict[str, float] = {}
    clock = _Stopwatch(server, count, figures)
    await _submit(shelf.store, shelf.function, count)
    clock.lap("submit")
    completions = await _claim(shelf.store, count)
    clock.lap("claim")
    for first in range(0, count, BATCH):
        await shelf.store.complete(completions[first : first + BATCH])
    clock.lap("complete")
    return figures


async def _claim(store: RedisStore, count: int) -> Sequence[Completion]:
    found: list[Completion] = []
    while len(found) < count:
        wants = {ENVIRONMENT.tag: min(BATCH, count - len(found))}
        claim = await store.claim("bench", secrets.token_hex(8), wants, LEASE_MS)
        found += [
            Completion(leased.attempt, WorkerId("bench"), Success(b"N.")) for leased in claim.tasks
        ]
    return found


class _Stopwatch:
    """Times one step after the other."""

    def __init__(self, server: OwnStore, count: int, figures: dict[str, float]) -> None:
        self._server = server
        self._count = count
        self._figures = figures
        self._at = self._now()

    def lap(self, name: str) -> None:
        """Note how long a task took since the last lap."""
        now = self._now()
        wall, redis = (
            (after - before) * 1e6 / self._count
            for before, after in zip(self._at, now, strict=True)
        )
        self._figures[f"{name}_us"] = wall
        self._figures[f"{name}_redis_us"] = redis
        self._at = now

    def _now(self) -> tuple[float, float]:
        return time.perf_counter(), self._server.cpu_s()


def _new_id() -> str:
    return uuid7(time.time_ns() // 1_000_000, secrets.randbits(RANDOM_BITS))
