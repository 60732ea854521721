"""Celery: prefork pool, Redis as broker and as result backend."""

import importlib
import os
from collections.abc import Sequence
from typing import Any

from benchmarks.peers.driving import operations, serve
from benchmarks.peers.workers import Workers

PATIENCE_S = 120


class CeleryPeer:
    """A worker with N prefork children; ``delay`` a task, one ``get`` a result."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self.slots = 0
        self._workers = Workers()
        self._app: Any = None

    def start(self, store: str, children: int, folder: str) -> None:
        """Start the worker without what a single one has no use for: gossip, mingle, heartbeat."""
        self.slots = children
        os.environ["BENCH_STORE"] = store
        self._app = importlib.import_module("benchmarks.peers.celery_app")
        # what celery needs of the worker's command line
        command = ["-m", "celery", "-A", "benchmarks.peers.celery_app", "worker", "-P", "prefork"]
        command += ["-c", str(children), "--loglevel", "WARNING"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        self._workers.start(*command, folder=folder, environment={"C_FORCE_ROOT": "1"})

    def submit(self, name: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Send one after the other: a ``group``, or one producer for all, was no faster."""
        task = self._app.tasks[name]
        return [task.delay(argument) for argument in arguments]

    def fetch(self, handles: Sequence[Any]) -> Sequence[Any]:
        """Wait for each: the backend is subscribed, and joining many together was no faster."""
        return [handle.get(timeout=PATIENCE_S) for handle in handles]

    def stop(self) -> None:
        """End the worker."""
        self._workers.stop()


if __name__ == "__main__":
    serve(operations(CeleryPeer()))
