"""Dask distributed: a local cluster of N processes with a thread each; nothing is durable."""

import importlib
from collections.abc import Sequence
from typing import Any

from benchmarks.peers.driving import operations, serve
from benchmarks.peers.tasks import TASKS


class DaskPeer:
    """``client.map`` in, ``client.gather`` out."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self.slots = 0
        self._cluster: Any = None
        self._client: Any = None

    def start(self, store: str, children: int, folder: str) -> None:
        """Start the cluster; the scheduler lives in this process, as with ``Client()``."""
        del store
        distributed: Any = importlib.import_module("distributed")
        self.slots = children
        self._cluster = distributed.LocalCluster(
            n_workers=children,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            local_directory=folder,
        )
        self._client = distributed.Client(self._cluster)

    def submit(self, name: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Map; impure, so that equal arguments are tasks of their own."""
        futures: Sequence[Any] = self._client.map(TASKS[name], list(arguments), pure=False)
        return futures

    def fetch(self, handles: Sequence[Any]) -> Sequence[Any]:
        """Gather."""
        results: Sequence[Any] = self._client.gather(list(handles))
        return results

    def stop(self) -> None:
        """Close client and cluster."""
        self._client.close()
        self._cluster.close()


if __name__ == "__main__":
    serve(operations(DaskPeer()))
