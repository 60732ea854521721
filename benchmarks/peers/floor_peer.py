"""Reference: the round trips that a task is made of, each alone: HTTP, ZeroMQ, Redis."""

import importlib
import multiprocessing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import zmq

from benchmarks.peers.driving import Answer, round_trips, serve
from benchmarks.peers.web_server import start_uvicorn
from benchmarks.peers.workers import Workers

BODY = b"x" * 100


def echo_router(port: Any) -> None:
    """Send every message back to its sender, until killed."""
    router = zmq.Context().socket(zmq.ROUTER)
    port.put(router.bind_to_random_port("tcp://127.0.0.1"))
    while True:
        router.send_multipart(router.recv_multipart())


class FloorPeer:
    """One client of each of the three."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._workers = Workers()
        self._http: HTTPConnection | None = None
        self._router: Any = None
        self._dealer: Any = None
        self._redis: Any = None

    def start(self, store: str, children: int, folder: str) -> Answer:
        """Start a bare ASGI application and a ROUTER; connect to them and to the store."""
        del children
        context = multiprocessing.get_context("fork")
        port: Any = context.Queue()
        self._router = context.Process(target=echo_router, args=(port,), daemon=True)
        self._router.start()
        self._dealer = zmq.Context().socket(zmq.DEALER)
        self._dealer.connect(f"tcp://127.0.0.1:{port.get()}")
        url = start_uvicorn(self._workers, "bare", folder)
        self._http = HTTPConnection(urlsplit(url).netloc, timeout=5)
        self._redis = importlib.import_module("redis").Redis.from_url(store)
        self._redis.set("bench", BODY)
        return {}

    def latency(self, count: int, seconds: float) -> Answer:
        """Return each round trip's times, in ms."""
        share = seconds / 3
        return {
            "http_ms": round_trips(self._ask_http, count, share),
            "zmq_ms": round_trips(self._ask_zmq, count, share),
            "redis_ms": round_trips(lambda: self._redis.get("bench"), count, share),
        }

    def stop(self) -> Answer:
        """End both."""
        self._router.kill()
        self._router.join()
        self._workers.stop()
        return {}

    def _ask_http(self) -> None:
        assert self._http is not None, "it is started first"
        self._http.request("POST", "/", BODY, {"Content-Type": "application/msgpack"})
        self._http.getresponse().read()

    def _ask_zmq(self) -> None:
        self._dealer.send(BODY)
        self._dealer.recv()


if __name__ == "__main__":
    peer = FloorPeer()
    serve({each.__name__: each for each in (peer.start, peer.latency, peer.stop)})
