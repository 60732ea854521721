"""An executor with thousands of tasks in flight: what it takes of this process stays bounded."""

import os
import threading
import weakref

import psutil

import gofer.testing
from gofer import Client, Executor
from gofer.entrypoints.sdk.streams import STREAMS_MOST
from gofer.testing import Success, returned

TASKS = 5_000
PER_BATCH = 100
"""So many are recorded before the next are submitted: there are far more batches than streams."""

PRIORITY = 1

LOOPS_THREADS = 2 * min(32, (os.cpu_count() or 1) + 4)
"""What asyncio starts at most for names and files: in the executor's loop and in the service's."""

BUFFERED_MOST = 100
"""Results that nobody asked to keep and that are here at once; a page of an answer has 1 000."""


class Counted:
    """A result whose instances are counted as long as somebody holds them."""

    alive = 0

    def __init__(self) -> None:
        type(self).alive += 1
        weakref.finalize(self, _less)

    def __reduce__(self) -> tuple[type["Counted"], tuple[()]]:
        return Counted, ()


def _less() -> None:
    Counted.alive -= 1


class Taken:
    """The most of everything that was in use when somebody looked."""

    def __init__(self, url: str) -> None:
        self._port = int(url.rpartition(":")[2])
        self._threads_before = threading.active_count()
        self.threads = self.connections = self.results = self.ended = 0
        self.all_ended = threading.Event()

    def look(self) -> None:
        """Count the threads and the connections."""
        self.threads = max(self.threads, threading.active_count() - self._threads_before)
        open_now = psutil.Process().net_connections("tcp")
        here = sum(bool(each.raddr) and each.raddr.port == self._port for each in open_now)
        self.connections = max(self.connections, here)

    def ends(self, _future: object) -> None:
        """Count a future that has ended."""
        self.results = max(self.results, Counted.alive)
        self.ended += 1
        if self.ended % (TASKS // 10) == 0:
            self.look()
        if self.ended == TASKS:
            self.all_ended.set()


def record(pool: Executor, taken: Taken) -> None:
    """Have tasks recorded, and keep none of their futures."""
    futures = [pool.submit(abs, number) for number in range(PER_BATCH)]
    for future in futures:
        future.add_done_callback(taken.ends)
    assert futures[-1].task_id


def test_thousands_in_flight_take_a_bounded_number_of_threads_connections_and_results() -> None:
    success = returned(Counted())

    def run(*_: object) -> Success:
        return success

    with (
        gofer.testing.running(run=run, slots=8) as system,
        Executor(system.url, priority=PRIORITY) as pool,
        Client(system.url) as client,
    ):
        taken = Taken(system.url)
        client.queues.pause(PRIORITY)
        for _ in range(0, TASKS, PER_BATCH):
            record(pool, taken)
            taken.look()
        assert taken.ended == 0
        client.queues.resume(PRIORITY)
        assert taken.all_ended.wait(50)
    assert taken.threads <= 1 + LOOPS_THREADS
    assert 1 < taken.connections <= STREAMS_MOST + 2  # one that submits, and the client's
    assert taken.results <= BUFFERED_MOST
    assert Counted.alive == 0
