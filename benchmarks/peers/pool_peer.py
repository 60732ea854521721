"""Reference: ``ProcessPoolExecutor``, the standard library's own; no store and no network."""

from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from benchmarks.peers.driving import operations, serve
from benchmarks.peers.tasks import TASKS


class PoolPeer:
    """``submit`` a task, ``result`` of each future; tasks one by one, as its users write it."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self.slots = 0
        self._pool: ProcessPoolExecutor | None = None

    def start(self, store: str, children: int, folder: str) -> None:
        """Make the pool; its children are forked before any thread runs."""
        del store, folder
        self.slots = children
        self._pool = ProcessPoolExecutor(children, get_context("fork"))

    def submit(self, name: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Submit one after the other."""
        assert self._pool is not None, "it is started first"
        function = TASKS[name]
        return [self._pool.submit(function, argument) for argument in arguments]

    def fetch(self, handles: Sequence[Future[Any]]) -> Sequence[Any]:
        """Wait for each."""
        return [handle.result() for handle in handles]

    def stop(self) -> None:
        """Shut the pool down."""
        if self._pool is not None:
            self._pool.shutdown()


if __name__ == "__main__":
    serve(operations(PoolPeer()))
