"""Dramatiq: N processes of 8 threads each (its default), Redis as broker and for results."""

import importlib
import os
from collections.abc import Sequence
from typing import Any

from benchmarks.peers.driving import operations, serve
from benchmarks.peers.workers import Workers

THREADS = 8
PATIENCE_MS = 120_000


class DramatiqPeer:
    """Messages one by one, results by blocking reads."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self.slots = 0
        self._workers = Workers()
        self._app: Any = None

    def start(self, store: str, children: int, folder: str) -> None:
        """Start its command line."""
        self.slots = children * THREADS
        os.environ["BENCH_STORE"] = store
        self._app = importlib.import_module("benchmarks.peers.dramatiq_app")
        command = ["-m", "dramatiq", "benchmarks.peers.dramatiq_app"]
        command += ["--processes", str(children), "--threads", str(THREADS)]
        self._workers.start(*command, folder=folder, environment={})

    def submit(self, name: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Send one after the other: there is no way in for many."""
        actor = self._app.tasks[name]
        return [actor.send(argument) for argument in arguments]

    def fetch(self, handles: Sequence[Any]) -> Sequence[Any]:
        """Wait for each."""
        return [handle.get_result(block=True, timeout=PATIENCE_MS) for handle in handles]

    def stop(self) -> None:
        """End the workers."""
        self._workers.stop()


if __name__ == "__main__":
    serve(operations(DramatiqPeer()))
