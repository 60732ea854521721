"""Clients that wait at once, each for a task of its own, on raw sockets; and how they are woken.

    python -m tests.support.crowd URL STORE [CLIENTS]      (a web service, and the store behind it)

prints how long after its task's completion a client had its answer. The completions are written
to the store as a dispatcher writes them: a hundred in one call.
"""

import asyncio
import resource
import sys
import time
from dataclasses import dataclass
from statistics import median, quantiles

from gofer.adapters.redis.store import RedisStore
from gofer.domain.function import Environment, Function, content_digest
from gofer.domain.identifiers import FunctionId, TaskId, WorkerId, uuid7
from gofer.domain.ports import Completion
from gofer.domain.task import NewTask, Success

AT_ONCE = 100
"""Completions of one call, as the dispatcher makes them."""

WAIT_S = 60
NEEDS = Environment("crowd", (3, 0))
RESULT = b"\x80\x04K*."


@dataclass(frozen=True, slots=True)
class Figures:
    """How long each client waited for its answer from its task's completion on, in ms."""

    woken_ms: list[float]
    opened_s: float

    def __str__(self) -> str:
        """Give the figures in one line."""
        last = quantiles(self.woken_ms, n=100)[98]
        return (
            f"{len(self.woken_ms)} waiting clients: woken after {median(self.woken_ms):.1f} ms at"
            f" the median, 99 % within {last:.1f}, all within {max(self.woken_ms):.1f};"
            f" all were waiting {self.opened_s:.2f} s after the first came"
        )


class Client:
    """One connection that has asked for one result; ``answered`` is when the answer was there."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.answer = b""
        self.answered_s = 0.0

    async def ask(self, task_id: TaskId, wait_s: float) -> None:
        """Send the request."""
        path = f"/v1/tasks/{task_id}/result?wait={wait_s}"
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: gofer\r\n\r\n".encode())
        await self._writer.drain()

    async def read(self) -> None:
        """Wait for the answer."""
        self.answer = await self._reader.readuntil(b"}")
        self.answered_s = time.monotonic()

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def wait_and_be_woken(url: str, store: RedisStore, clients: int) -> Figures:
    """Have clients wait at once, end their tasks, and return how they were woken.

    Each must be told that its task is COMPLETED, and nobody before its task is: AssertionError.
    """
    host, _, port = url.removeprefix("http://").rpartition(":")
    task_ids = await _submit(store, clients + 1)
    began = time.monotonic()
    crowd: list[Client] = []
    readings: list[asyncio.Task[None]] = []
    try:
        for task_id in task_ids:
            crowd.append(client := Client(*await asyncio.open_connection(host, int(port))))
            last = len(crowd) > clients
            await client.ask(task_id, 0.2 if last else WAIT_S)
            readings.append(asyncio.create_task(client.read()))
        await readings.pop()  # who came last has waited in vain, so all who came before do wait
        opened_s = time.monotonic() - began
        assert b" 202 " in crowd[-1].answer
        woken_ms: list[float] = []
        for _ in range(0, clients, AT_ONCE):
            woken_ms += await _end_some(store, dict(zip(task_ids, crowd, strict=True)), readings)
        return Figures(woken_ms, opened_s)
    finally:
        for reading in readings:
            reading.cancel()
        await asyncio.gather(*readings, return_exceptions=True)
        for client in crowd:
            client.close()


async def _end_some(
    store: RedisStore, crowd: dict[TaskId, Client], readings: list[asyncio.Task[None]]
) -> list[float]:
    """Complete the next tasks; return how long it took from then to each client's answer."""
    claim = await store.claim("crowd", f"token-{time.monotonic_ns()}", {NEEDS.tag: AT_ONCE}, 60_000)
    attempts = [leased.attempt for leased in claim.tasks]
    told = sum(reading.done() for reading in readings)
    ended_s = time.monotonic()
    await store.complete(
        [Completion(attempt, WorkerId("crowd"), Success(RESULT)) for attempt in attempts]
    )
    woken = [crowd[attempt.task_id] for attempt in attempts if attempt.task_id in crowd]
    async with asyncio.timeout(30):
        while not all(client.answer for client in woken):
            waiting = [reading for reading in readings if not reading.done()]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert all(b" 200 OK" in each.answer and b"COMPLETED" in each.answer for each in woken)
    assert sum(reading.done() for reading in readings) == told + len(woken)
    return [(client.answered_s - ended_s) * 1000 for client in woken]


async def _submit(store: RedisStore, count: int) -> list[TaskId]:
    now_ms = time.time_ns() // 1_000_000
    function = FunctionId(uuid7(now_ms, 1))
    payload = b"\x80\x04N."
    await store.put([Function(function, "crowd", payload, content_digest(payload), NEEDS, now_ms)])
    ids = [TaskId(uuid7(now_ms, number)) for number in range(2, count + 2)]
    for first in range(0, count, AT_ONCE):
        await store.submit(
            [NewTask(each, function, payload) for each in ids[first : first + AT_ONCE]]
        )
    return ids


def allow_files(count: int) -> None:
    """Let this process open that many files, if it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


async def _main(url: str, store_url: str, clients: int) -> None:
    store = RedisStore.from_url(store_url)
    try:
        print(await wait_and_be_woken(url, store, clients))  # noqa: T201 - what it is for
    finally:
        await store.close()


if __name__ == "__main__":
    allow_files(5_000)
    asyncio.run(_main(sys.argv[1], sys.argv[2], int((sys.argv[3:] or ["2000"])[0])))
