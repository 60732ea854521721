"""gofer, driven over HTTP as any user would: batches in bulk, and the original routes."""

import base64
import gc
import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from benchmarks.peers.driving import Answer, operations, round_trips, serve
from benchmarks.peers.gofer_parts import GoferParts
from benchmarks.peers.http_load import Tasks
from gofer.entrypoints.sdk.client import Client
from gofer.entrypoints.sdk.decorated import RemoteFunction

PATIENCE_S = 60.0


def bodies() -> dict[str, Callable[[Any], Any]]:
    """Return what the tasks do, as functions that are pickled by value: no worker imports them."""

    def noop(argument: Any) -> None:
        del argument

    def nap(seconds: float) -> float:
        import time as clock  # noqa: PLC0415 - travels with the function

        clock.sleep(seconds)
        return seconds

    def echo(body: bytes) -> bytes:
        return body

    return {"noop": noop, "nap": nap, "echo": echo}


class GoferPeer:
    """The client that users have: ``map`` in bulk, ``remote`` for one."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self.slots = 0
        self.url = ""
        self.ids: dict[str, str] = {}
        self.parts: GoferParts | None = None
        self.mode = "local"
        self._client: Client | None = None
        self._functions: dict[str, RemoteFunction[[Any], Any]] = {}

    def start(self, store: str, children: int, folder: str) -> None:
        """Start ``gofer up``; register the functions."""
        self.slots = children
        self.parts = GoferParts(folder)
        command = ["up", "--workers", str(children), "--mode", self.mode, "--port", "0"]
        log = self.parts.start(*command, "--store", store, GOFER_DISPATCHER_PORT="0")
        self.connect(self.parts.said(log, r"gofer is up: (\S+)"))

    def connect(self, url: str) -> None:
        """Register the functions at a service that runs."""
        self.url = url
        self._client = Client(url)
        for name, function in bodies().items():
            self._functions[name] = self._client.function(name=name)(function)
            self.ids[name] = self._functions[name].register()

    def submit(self, name: str, arguments: Sequence[Any]) -> Sequence[Iterator[Any] | str]:
        """Submit a task, or map a function over all arguments."""
        assert self._client is not None, "it is started first"
        if len(arguments) == 1:
            return [self._client.submit(self.ids[name], self._client.arguments(arguments[0]))]
        return [self._functions[name].map(arguments, timeout=PATIENCE_S)]

    def call(self) -> None:
        """Have one no-op run and wait for it, as ``function.remote()`` does; check what came."""
        if self._functions["noop"].remote(0) is not None:
            raise ValueError("a no-op returned something")

    def fetch(self, handles: Sequence[Iterator[Any] | str]) -> Sequence[Any]:
        """Take the results in the order of the arguments, as they come."""
        assert self._client is not None, "it is started first"
        (handle,) = handles
        if isinstance(handle, str):
            return [self._client.result(handle, PATIENCE_S).value()]
        return list(handle)

    def stop(self) -> None:
        """End ``gofer up`` and what it started."""
        if self._client is not None:
            self._client.close()
        if self.parts is not None:
            self.parts.stop()


def own_operations(peer: GoferPeer) -> dict[str, Callable[..., Answer]]:
    """Return what only gofer is asked."""

    def mode(name: str) -> Answer:
        peer.mode = name
        return {}

    def latency(count: int, seconds: float) -> Answer:
        """Do as the others, by the call that submits and waits in one."""
        return {"ms": round_trips(peer.call, count, seconds)}

    def posts(count: int, connections: int) -> Answer:
        payload = base64.b64encode(Client.arguments(0)).decode()
        body = json.dumps({"function_id": peer.ids["noop"], "payload": payload}).encode()
        tasks = Tasks(peer.url)
        gc.collect()
        elapsed, taken_ms = tasks.run([body] * count, connections)
        if len(tasks.results) != count:
            raise ValueError(f"{len(tasks.results)} of {count} results came")
        return {
            "count": count,
            "total_s": elapsed,
            "requests": len(taken_ms),
            "polls": tasks.polls,
            "median_ms": statistics.median(taken_ms),
            "p99_ms": statistics.quantiles(taken_ms, n=100)[98],
            "post_p99_ms": statistics.quantiles(tasks.posts_ms, n=100)[98],
        }

    def start_api(store: str, folder: str) -> Answer:
        """Start the web service alone: nobody takes the tasks that are submitted."""
        peer.parts = GoferParts(folder)
        log = peer.parts.start("api", "--port", "0", "--store", store)
        peer.connect(peer.parts.said(log, r"listens on (\S+)"))
        return {}

    def submit(count: int) -> Answer:
        gc.collect()
        began = time.perf_counter()
        peer.submit("noop", [0] * count)
        return {"count": count, "total_s": time.perf_counter() - began}

    def worker_start(store: str, folder: str) -> Answer:
        """Return how long a push worker takes to the first result, with a task that waits."""
        start_api(store, folder)
        assert peer.parts is not None, "just made"
        command = ["dispatcher", "--mode", "push", "--port", "0", "--store", store]
        log = peer.parts.start(*command)
        address = peer.parts.said(log, r"connect to (tcp://\S+)")
        handles = peer.submit("noop", [0])
        began = time.perf_counter()
        peer.parts.start("worker", "push", "1", address)
        peer.fetch(handles)
        return {"first_result_s": time.perf_counter() - began}

    named = (mode, latency, posts, start_api, submit, worker_start)
    return {each.__name__: each for each in named}


if __name__ == "__main__":
    driven = GoferPeer()
    serve(operations(driven) | own_operations(driven))
