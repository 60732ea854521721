"""Huey: N process workers, Redis with blocking pops."""

import importlib
import os
from collections.abc import Sequence
from typing import Any

from benchmarks.peers.driving import operations, serve
from benchmarks.peers.workers import Workers

PATIENCE_S = 120


class HueyPeer:
    """Tasks one by one; a result handle's ``get(blocking=True)``."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self.slots = 0
        self._workers = Workers()
        self._app: Any = None

    def start(self, store: str, children: int, folder: str) -> None:
        """Start its consumer without the scheduler's periodic tasks, which nobody uses here."""
        self.slots = children
        os.environ["BENCH_STORE"] = store
        self._app = importlib.import_module("benchmarks.peers.huey_app")
        command = ["huey_consumer", "benchmarks.peers.huey_app.queue", "-k", "process"]
        command += ["-w", str(children), "--no-periodic", "--quiet"]
        self._workers.start(*command, folder=folder, environment={})

    def submit(self, name: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Call one after the other: there is no way in for many."""
        task = self._app.tasks[name]
        return [task(argument) for argument in arguments]

    def fetch(self, handles: Sequence[Any]) -> Sequence[Any]:
        """Wait for each."""
        return [handle.get(blocking=True, timeout=PATIENCE_S) for handle in handles]

    def stop(self) -> None:
        """End the consumer."""
        self._workers.stop()


if __name__ == "__main__":
    serve(operations(HueyPeer()))
