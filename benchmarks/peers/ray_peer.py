"""Ray on one machine, with as many CPUs as there are children; nothing is durable."""

import importlib
import os
from collections.abc import Sequence
from typing import Any

from benchmarks.peers.driving import operations, serve
from benchmarks.peers.tasks import TASKS


class RayPeer:
    """``f.remote`` in, ``ray.get`` of all out."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self.slots = 0
        self._ray: Any = None
        self._functions: dict[str, Any] = {}

    def start(self, store: str, children: int, folder: str) -> None:
        """Start a node of its own, without dashboard and without reports to its makers."""
        del store
        os.environ["RAY_AUTH_MODE"] = "disabled"  # loopback only
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"  # silences a warning about GPUs
        self._ray = importlib.import_module("ray")
        self.slots = children
        self._ray.init(
            address="local",
            num_cpus=children,
            include_dashboard=False,
            log_to_driver=False,
            _node_ip_address="127.0.0.1",
            _temp_dir=folder,
        )
        self._functions = {name: self._ray.remote(task) for name, task in TASKS.items()}

    def submit(self, name: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Call one after the other: there is no way in for many."""
        function = self._functions[name]
        return [function.remote(argument) for argument in arguments]

    def fetch(self, handles: Sequence[Any]) -> Sequence[Any]:
        """Get all at once."""
        results: Sequence[Any] = self._ray.get(list(handles))
        return results

    def stop(self) -> None:
        """Shut the node down."""
        self._ray.shutdown()


if __name__ == "__main__":
    serve(operations(RayPeer()))
