"""Reference: a bare FastAPI + pydantic endpoint under uvicorn, one process."""

import gc
import json
import statistics
from uuid import uuid4

from benchmarks.peers.driving import Answer, serve
from benchmarks.peers.http_load import posts, request_bytes
from benchmarks.peers.web_server import start_uvicorn
from benchmarks.peers.workers import Workers


class FastapiPeer:
    """The endpoint, and the load on it."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._workers = Workers()
        self._url = ""

    def start(self, store: str, children: int, folder: str) -> Answer:
        """Start uvicorn."""
        del store, children
        self._url = start_uvicorn(self._workers, "app", folder)
        return {}

    def posts(self, count: int, connections: int) -> Answer:
        """Send the request that gofer gets for a task, ``count`` times."""
        body = json.dumps({"function_id": str(uuid4()), "payload": "gASVBwAAAAAAAABLAIWUfZSGlC4="})
        request = request_bytes("POST", "/execute_function", body.encode())
        gc.collect()
        elapsed, taken_ms = posts(self._url, request, count, connections)
        return {
            "count": count,
            "total_s": elapsed,
            "requests": len(taken_ms),
            "median_ms": statistics.median(taken_ms),
            "p99_ms": statistics.quantiles(taken_ms, n=100)[98],
        }

    def stop(self) -> Answer:
        """End uvicorn."""
        self._workers.stop()
        return {}


if __name__ == "__main__":
    peer = FastapiPeer()
    serve({each.__name__: each for each in (peer.start, peer.posts, peer.stop)})
