"""What stands behind an executor: one thread with an event loop, that sends and receives.

Submitting puts a future into a queue. The thread takes whatever is in it, never waiting for more,
and sends that as one batch; while one is on its way the next one gathers by itself. The engine
knows nothing of the executor, so that an executor nobody holds any more can be noticed.

Every batch has a key: one whose answer was lost is sent again and recorded once. Results are read
from where they were last read. So a service that is away for a moment is noticed by nobody.
"""

import asyncio
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Mapping
from typing import Any

from . import sending
from .address import JSON, Address, Query, with_query
from .aio_connection import AsyncConnections
from .connection import Connections
from .futures import TaskFuture
from .silence import Silence
from .streams import STREAMS_MOST, Expected, Streams

UNSENT_MOST = 20_000
"""Tasks that wait to be sent; whoever submits more waits until there is room."""

UNSENT_BYTES = 64 * 1024 * 1024
"""Bytes of arguments that wait to be sent, likewise."""

SENDING_S = 1.0
"""How long those that are just being sent are waited for when what waits is cancelled."""

BEGIN_S = 0.5
"""How long what is first in line has to reach a worker that is free, before what waits is
cancelled: in a pool of this process it would have begun at once.
"""

LOOK_S = 0.01
"""How often that is looked at."""

GATHER_S = 0.02
"""How long a batch gathers, where more batches are open than there are streams for results."""


class Engine:
    """Sends tasks and receives results, on a thread of its own that ends when nothing is left."""

    def __init__(self, address: Address, said: Mapping[str, Any], patience_s: float) -> None:
        """Take where the service is, what is said of all tasks, how long it may be away."""
        self.accepted = threading.Condition()
        self.process = os.getpid()
        self._address = address
        self._patience_s = patience_s
        self._said = dict(said)
        self._asking = Connections(address)
        self._queue: deque[TaskFuture[Any]] = deque()
        self._bytes = 0
        self._sent_now: list[TaskFuture[Any]] = []
        self._sending: AsyncConnections | None = None
        self._adopted: deque[Expected] = deque()
        self._expected: weakref.WeakSet[Expected] = weakref.WeakSet()
        self._rung = False
        self._closing = False
        self._lock = threading.RLock()  # a collected executor may end it anywhere
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bell = asyncio.Event()
        self._thread: threading.Thread | None = None

    # ------------------------------------------------------------ from any thread

    def submit(self, future: TaskFuture[Any], size: int) -> None:
        """Have a future's task sent; waits while too much waits. Raises RuntimeError if closed."""
        if self._is_full() and not self.must_not_wait():
            with self.accepted:
                self.accepted.wait_for(lambda: not self._is_full() or self._closing)
        with self._lock:
            if self._closing:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._queue.append(future)
            self._bytes += size
            self._begin()
        self._ring()

    def adopt(self, expected: Expected) -> None:
        """Expect the outcomes of tasks that were submitted elsewhere. Raises RuntimeError."""
        with self._lock:
            if self._closing:
                raise RuntimeError("cannot attach to tasks after shutdown")
            self._adopted.append(expected)
            self._begin()
        self._ring()

    def finish(self) -> None:
        """Take nothing more; the thread ends when all that there is has ended."""
        with self._lock:
            self._closing = True
        with self.accepted:
            self.accepted.notify_all()
        self._ring()

    def join(self) -> None:
        """Wait until the thread has ended; ``finish`` comes first."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        if not self.must_not_wait():
            self._asking.close()

    def must_not_wait(self) -> bool:
        """Tell whether this is the thread that everything waits for: a callback of a future's."""
        return threading.current_thread() is self._thread

    def cancel_sent(self, task_id: str) -> bool:
        """Cancel a task at the service; tell whether that came in time."""
        return sending.cancelled(self._asking.ask("POST", *sending.cancel_request(task_id)))

    def tell(self, task_id: str, about: str) -> Any:
        """Return what the service knows about a task: "" for how it stands, "explain", "logs"."""
        return sending.told(self._asking.ask("GET", *sending.tell_request(task_id, about)))

    def read(self, path: str, query: Query | None = None) -> Any:
        """Return what the service answers to a question; raise Refused, Unreachable."""
        headers = {"Accept": JSON}
        return sending.told(self._asking.ask("GET", with_query(path, query), None, headers))

    def cancel_waiting(self) -> None:
        """Cancel what was not sent, and what was sent and no worker has begun.

        What is first in line has a moment to be begun; what is just on its way to the service has
        one to arrive, and is cancelled there. Raises Refused, Unreachable where the service could
        not be asked.
        """
        if not self.must_not_wait():
            self._let_begin()
        self._drop_unsent()
        with self.accepted:
            self.accepted.notify_all()
            if not self.must_not_wait():
                self.accepted.wait_for(lambda: not self._sent_now, SENDING_S)
        self._drop_unsent()  # what the service had no room for is unsent again
        for future in list(self._sent_now):
            future.end_cancelled()
        with self._lock:
            batches = {each.batch for each in self._expected if not each.over} - {""}
        if self._sending is not None:
            self._sending.hurry()
        for path in batches:
            query = {"running": False}
            self._asking.ask("POST", with_query(f"{path}/cancel", query), b"", {"Accept": JSON})

    def _drop_unsent(self) -> None:
        """Cancel what waits to be sent."""
        with self._lock:
            dropped = list(self._queue)
            self._queue.clear()
            self._bytes = 0
        for future in dropped:
            future.end_cancelled()

    def _let_begin(self) -> None:
        """Wait until what is first in line is begun, or for BEGIN_S; raise Refused, Unreachable."""
        deadline = time.monotonic() + BEGIN_S
        with self.accepted:
            self.accepted.wait_for(lambda: self._first() or self._is_sent(), BEGIN_S)
        first = self._first()  # and no later one: where this has ended, it had begun
        while first is not None and not first.done() and first.status() == "QUEUED":
            if time.monotonic() >= deadline:
                return
            time.sleep(LOOK_S)

    def _first(self) -> TaskFuture[Any] | None:
        """Return the task that was recorded first, of those that have not ended."""
        with self._lock:
            open_now = [each.first for each in self._expected]
        there = [future for future in open_now if future is not None]
        return min(there, key=lambda future: future.task_id, default=None)  # ids tell the time

    def _is_sent(self) -> bool:
        return not (self._queue or self._sent_now)

    def _is_full(self) -> bool:
        return len(self._queue) >= UNSENT_MOST or self._bytes >= UNSENT_BYTES

    def _begin(self) -> None:
        """Start the thread if it has not been; the lock is held."""
        if self._thread is None:
            name = f"gofer-executor-{id(self):x}"
            self._thread = threading.Thread(target=self._run, name=name, daemon=True)
            self._thread.start()

    def _ring(self) -> None:
        """Wake the thread, unless that was done and it has not looked yet."""
        if self._rung:
            return
        self._rung = True
        loop = self._loop
        if loop is not None:
            try:
                loop.call_soon_threadsafe(self._bell.set)
            except RuntimeError:  # it has ended: closed, and nothing was left
                self._loop = None

    # ------------------------------------------------------------ on the thread

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._asking.close()
            with self.accepted:
                self.accepted.notify_all()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        silence = Silence(self._address.url)
        receiving = AsyncConnections(self._address, self._patience_s, silence)
        self._sending = AsyncConnections(self._address, self._patience_s, silence)
        streams = Streams(receiving, self._bell.set)
        sender = sending.Sender(self._sending, self._said)
        self._loop = loop
        try:
            while True:
                self._rung = False
                self._bell.clear()
                await self._step(sender, streams)
                if self._is_over(streams):
                    return
                if not (self._queue or self._adopted):
                    await self._bell.wait()
        finally:
            self._loop = None
            receiving.close()
            self._sending.close()

    def _is_over(self, streams: Streams) -> bool:
        with self._lock:
            left = self._queue or self._adopted or streams.open
            return self._closing and not left

    async def _step(self, sender: sending.Sender, streams: Streams) -> None:
        """Send one batch of what is there, and expect what came of it."""
        while self._adopted:
            streams.add(self._adopted.popleft())
        if streams.open > STREAMS_MOST and len(self._queue) < sending.BATCH_MOST:
            await asyncio.sleep(GATHER_S)
        taken = self._take()
        if not taken:
            return
        try:
            batches = await sender.send(taken)
        except Exception as error:  # noqa: BLE001 - whatever it is: nobody shall wait for ever
            batches = []
            for future in taken:
                future.end(None, error)
        for sent in batches:
            self._requeue(sent.again)
            if sent.batch_id is not None and sent.futures:
                expected = Expected(f"/v1/batches/{sent.batch_id}/results", sent.futures)
                with self._lock:
                    self._expected.add(expected)
                streams.add(expected)
        self._sent_now = []
        with self.accepted:
            self.accepted.notify_all()

    def _requeue(self, futures: list[TaskFuture[Any]]) -> None:
        with self._lock:
            self._bytes += sum(len(future.take_payload()[1]) for future in futures)
            self._queue.extendleft(reversed(futures))

    def _take(self) -> list[TaskFuture[Any]]:
        """Take what waits to be sent: as many tasks and bytes as fit into one request."""
        taken: list[TaskFuture[Any]] = []
        size = 0
        with self._lock:
            while self._queue and len(taken) < sending.BATCH_MOST and size < sending.BATCH_BYTES:
                future = self._queue.popleft()
                size += len(future.take_payload()[1])
                if not future.done():
                    taken.append(future)
            self._bytes = max(0, self._bytes - size)
            self._sent_now = taken
        return taken
