"""RQ: N SimpleWorkers, which run jobs without a fork for each."""

import importlib
from collections.abc import Sequence
from typing import Any

from benchmarks.peers.driving import operations, serve
from benchmarks.peers.tasks import TASKS
from benchmarks.peers.workers import Workers

CHUNK = 1000
PATIENCE_S = 120


class RqPeer:
    """``enqueue_many`` in, ``latest_result`` out."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self.slots = 0
        self._workers = Workers()
        self._queue: Any = None

    def start(self, store: str, children: int, folder: str) -> None:
        """Start a worker for each child, by its own command line."""
        rq: Any = importlib.import_module("rq")
        redis: Any = importlib.import_module("redis")
        self.slots = children
        # its blocking reads take longer than the 5 s after which redis-py 8 gives up by default
        self._queue = rq.Queue("bench", connection=redis.Redis.from_url(store, socket_timeout=None))
        command = ["rq", "worker", "--worker-class", "rq.SimpleWorker", "--url", store]
        for _ in range(children):
            self._workers.start(*command, "--quiet", "bench", folder=folder, environment={})

    def submit(self, name: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Enqueue by pipelines of a thousand."""
        function = TASKS[name]
        if len(arguments) == 1:
            return [self._queue.enqueue(function, arguments[0])]
        jobs: list[Any] = []
        for first in range(0, len(arguments), CHUNK):
            chunk = arguments[first : first + CHUNK]
            prepared = [self._queue.prepare_data(function, args=(each,)) for each in chunk]
            jobs += self._queue.enqueue_many(prepared)
        return jobs

    def fetch(self, handles: Sequence[Any]) -> Sequence[Any]:
        """Wait for each: a blocking read of its stream of results."""
        return [job.latest_result(timeout=PATIENCE_S).return_value for job in handles]

    def stop(self) -> None:
        """End the workers."""
        self._workers.stop()


if __name__ == "__main__":
    serve(operations(RqPeer()))
