"""Results on their way in: a few long polls over all batches that have not ended.

Tasks are served in the order in which they came, so the batches that were submitted first end
first: most streams stay with those. The others go round among the rest, so that a batch which
overtakes is noticed within about a second, however many there are.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec

from . import calls, outcomes
from .address import MSGPACK
from .aio_connection import AsyncConnections
from .errors import ClientError, Refused
from .futures import TaskFuture
from .wire import Item, page_of

STREAMS_MOST = 16
"""Requests for results that are under way at once."""

_ROVERS = 4
"""How many of them go round, where there are more batches than streams."""

_WAIT_S = 30.0
_ROUND_S = 1.0
"""How long a batch that no stream stays with may wait until it is looked at, about."""

_PAGE_TASKS = 1_000

_ACCEPT = {"Accept": MSGPACK}
_item = msgspec.msgpack.Decoder(Item).decode


class Expected:
    """Futures whose outcomes are expected from one place: a batch, or a task of its own."""

    __slots__ = ("__weakref__", "_cursor", "_futures", "_path", "_single")

    def __init__(self, path: str, futures: dict[int, TaskFuture[Any]]) -> None:
        """Take where to ask, and the futures by their positions; {0: future} for a single task."""
        self._path = path
        self._futures = futures
        self._cursor = "0"
        self._single = 0 in futures

    @property
    def batch(self) -> str:
        """Return the path of the batch that is asked for; empty for a single task."""
        return "" if self._single else self._path.removesuffix("/results")

    @property
    def over(self) -> bool:
        """Tell whether nothing more is expected."""
        return not self._futures

    @property
    def first(self) -> TaskFuture[Any] | None:
        """Return the first task that has not ended; from any thread."""
        return next(iter(self._futures.copy().values()), None)

    def fail(self, error: BaseException) -> None:
        """End all that is expected with an error."""
        while self._futures:
            self._futures.popitem()[1].end(None, error)

    async def ask(self, connections: AsyncConnections, wait_s: float) -> bool:
        """Ask once, and end the futures whose outcomes came; tell whether there was any."""
        query = f"wait={wait_s:.3f}"
        if not self._single:
            query += f"&cursor={self._cursor}&limit={_PAGE_TASKS}"
        path = f"{self._path}?{query}"
        answer = await connections.ask("GET", path, None, _ACCEPT, wait_s)
        if self._single:
            if answer.status == HTTPStatus.OK:
                self._deliver(0, _item(answer.body))
            return self.over
        page = page_of(answer.body)
        for item in page.items:
            self._deliver(item.position, item)
        self._cursor = page.next_cursor
        if page.done:
            self.fail(outcomes.forgotten())  # nothing, unless the store has lost tasks
        return bool(page.items)

    def _deliver(self, position: int, item: Item) -> None:
        future = self._futures.pop(position, None)
        if future is None:
            return
        if item.status == "CANCELLED":
            future.end_cancelled()
        elif not future.done():
            future.end(*_opened(item))


def _opened(item: Item) -> tuple[Any, BaseException | None]:
    """Return an outcome; what opening it raises is the future's, and never ends this thread."""
    try:
        return outcomes.outcome_of(item)
    except BaseException as error:  # noqa: BLE001 - KeyboardInterrupt, say: nobody typed it here
        return None, error


class Streams:
    """All that is expected; for one event loop."""

    def __init__(self, connections: AsyncConnections, changed: Callable[[], None]) -> None:
        """Take the connections, and what is called when nothing more is expected."""
        self._connections = connections
        self._changed = changed
        self._line: deque[Expected] = deque()
        self._streams: set[asyncio.Task[None]] = set()
        self._polled: dict[Expected, asyncio.Task[None]] = {}

    @property
    def open(self) -> int:
        """Return of how many places something is expected."""
        return len(self._line) + len(self._polled)

    def add(self, expected: Expected) -> None:
        """Expect something more."""
        self._line.append(expected)
        if len(self._streams) < STREAMS_MOST:
            stays = len(self._streams) < STREAMS_MOST - _ROVERS
            stream = asyncio.get_running_loop().create_task(self._stream(stays=stays))
            self._streams.add(stream)
            stream.add_done_callback(self._ended)

    def fail(self, error: BaseException) -> None:
        """End everything that is expected with an error."""
        for expected in [*self._line, *self._polled]:
            expected.fail(error)
        self._line.clear()
        for stream in self._streams:
            stream.cancel()

    def _ended(self, stream: asyncio.Task[None]) -> None:
        self._streams.discard(stream)
        if self._line and len(self._streams) < STREAMS_MOST:
            self.add(self._line.popleft())
        self._changed()

    async def _stream(self, *, stays: bool) -> None:
        this = asyncio.current_task()
        assert this is not None  # noqa: S101 - a task runs this
        while self._line:
            expected = self._line.popleft()
            self._polled[expected] = this
            try:
                while not expected.over:
                    news = await self._ask(expected, _WAIT_S if stays else self._turn_s())
                    if not (stays or news) and self._line:
                        self._line.append(expected)
                        break
            finally:
                del self._polled[expected]

    async def _ask(self, expected: Expected, wait_s: float) -> bool:
        try:
            return await expected.ask(self._connections, wait_s)
        except ClientError as error:
            lost = isinstance(error, Refused) and error.status in calls.LOST
            gone = lost and bool(expected.batch)  # of a single task the service says it itself
            expected.fail(outcomes.forgotten() if gone else error)
        except Exception as error:  # noqa: BLE001 - whatever it is: nobody shall wait for ever
            expected.fail(error)
        return True

    def _turn_s(self) -> float:
        """Return how long one that goes round stays: all of the rest have a turn in a round."""
        return _ROUND_S * _ROVERS / max(_ROVERS, len(self._line))
