"""Many requests over a few connections that stay open, with as little client as possible.

One request at a time a connection. A general client costs more time than the service that it
calls, and what is compared here is services: all get the same client.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, cast
from urllib.parse import urlsplit

import uvloop

POLL_S = 0.002
"""Between two looks at a result that was not there."""

ENDED = frozenset({"COMPLETED", "FAILED"})


class RequestFailed(Exception):
    """The service answered with another status than 200, or hung up."""


def request_bytes(method: str, path: str, body: bytes = b"") -> bytes:
    """Return a whole request with a JSON body."""
    head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Line(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.taken_ms: list[float] = []
        """How long each request took."""
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._waiting: asyncio.Future[bytes] | None = None

    async def ask(self, request: bytes) -> bytes:
        """Send a request; return the body of its answer."""
        assert self._transport is not None, "it is connected"
        self._waiting = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self._transport.write(request)
        body = await self._waiting
        self.taken_ms.append((time.perf_counter() - began) * 1000)
        return body

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by class

    def data_received(self, data: bytes) -> None:
        """Hand over the body once all of it is there."""
        self._buffer = self._buffer + data if self._buffer else data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        if len(body) < length or self._waiting is None or self._waiting.done():
            return
        self._buffer = b""
        if head[9:12] == b"200":
            self._waiting.set_result(body)
        else:
            status = head.partition(b"\r\n")[0].decode()
            self._waiting.set_exception(RequestFailed(f"{status}: {body[:200]!r}"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what waits."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(RequestFailed(f"the connection was closed: {exc}"))


Course = Callable[[Line], Awaitable[None]]


def over_connections(url: str, count: int, course: Course) -> tuple[float, list[float]]:
    """Run ``course`` on ``count`` connections at once; return seconds, and each request's ms."""

    async def run() -> tuple[float, list[float]]:
        host, _, port = urlsplit(url).netloc.partition(":")
        loop = asyncio.get_running_loop()
        pairs = [await loop.create_connection(Line, host, int(port)) for _ in range(count)]
        lines = [line for _, line in pairs]
        try:
            began = time.perf_counter()
            await asyncio.gather(*(course(line) for line in lines))
            elapsed = time.perf_counter() - began
        finally:
            for line in lines:
                line.close()
        return elapsed, [taken for line in lines for taken in line.taken_ms]

    return uvloop.run(run())


def posts(url: str, request: bytes, count: int, connections: int) -> tuple[float, list[float]]:
    """Send the same request ``count`` times; return seconds, and each request's ms."""
    numbers = iter(range(count))

    async def course(line: Line) -> None:
        for _ in numbers:
            await line.ask(request)

    return over_connections(url, connections, course)


class Tasks:
    """One POST a task, in windows: submit some, then ask for each result until it is there."""

    def __init__(self, url: str, window: int = 25) -> None:
        """Talk to the service at ``url``."""
        self._url = url
        self._window = window
        self.polls = 0
        """Requests that found no result yet."""
        self.results: dict[int, str] = {}
        self.posts_ms: list[float] = []
        """How long each POST took; looks at results are quicker, and would hide them."""

    def run(self, bodies: Sequence[bytes], connections: int) -> tuple[float, list[float]]:
        """Have these ``/execute_function`` bodies run; return seconds, and each request's ms."""
        waiting = iter(enumerate(bodies))

        async def course(line: Line) -> None:
            while window := list(_taken(waiting, self._window)):
                ids: list[tuple[int, str]] = []
                for number, body in window:
                    answer = await line.ask(request_bytes("POST", "/execute_function", body))
                    self.posts_ms.append(line.taken_ms[-1])
                    ids.append((number, json.loads(answer)["task_id"]))
                for number, task_id in ids:
                    self.results[number] = await self._result(line, task_id)

        return over_connections(self._url, connections, course)

    async def _result(self, line: Line, task_id: str) -> str:
        request = request_bytes("GET", f"/result/{task_id}")
        while True:
            answer: dict[str, Any] = json.loads(await line.ask(request))
            if answer["status"] in ENDED:
                return str(answer["result"])
            self.polls += 1
            await asyncio.sleep(POLL_S)


def _taken(waiting: Iterator[tuple[int, bytes]], count: int) -> Iterator[tuple[int, bytes]]:
    for _, each in zip(range(count), waiting, strict=False):
        yield each
