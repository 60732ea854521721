"""Parsl: its high throughput executor with N workers on this machine; nothing is durable."""

import importlib
from collections.abc import Sequence
from typing import Any

from benchmarks.peers.driving import operations, serve
from benchmarks.peers.tasks import TASKS

PREFETCH = 100
"""Tasks beyond its capacity that a manager may hold: its reference advises it for short tasks."""


class ParslPeer:
    """``submit`` of its data flow kernel in, futures out."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self.slots = 0
        self._kernel: Any = None

    def start(self, store: str, children: int, folder: str) -> None:
        """Start the executor with one block on this machine, without scaling and reports."""
        del store
        parsl: Any = importlib.import_module("parsl")
        config: Any = importlib.import_module("parsl.config")
        executors: Any = importlib.import_module("parsl.executors")
        providers: Any = importlib.import_module("parsl.providers")
        self.slots = children
        executor = executors.HighThroughputExecutor(
            address="127.0.0.1",
            max_workers_per_node=children,
            cores_per_worker=1e-6,
            prefetch_capacity=PREFETCH,
            encrypted=False,
            provider=providers.LocalProvider(init_blocks=1, min_blocks=1, max_blocks=1),
        )
        self._kernel = parsl.load(
            config.Config(
                executors=[executor],
                run_dir=folder,
                strategy="none",
                initialize_logging=False,
            )
        )

    def submit(self, name: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Submit one after the other: there is no way in for many."""
        function = TASKS[name]
        return [
            self._kernel.submit(
                function,
                (argument,),
                executors="all",
                cache=False,
                ignore_for_cache=[],
                app_kwargs={},
            )
            for argument in arguments
        ]

    def fetch(self, handles: Sequence[Any]) -> Sequence[Any]:
        """Wait for each."""
        return [handle.result() for handle in handles]

    def stop(self) -> None:
        """Clean up, as its documentation asks."""
        self._kernel.cleanup()


if __name__ == "__main__":
    serve(operations(ParslPeer()))
