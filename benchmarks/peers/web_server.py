"""uvicorn with an application of ``web_app``, as a process; one worker, no access log."""

import socket
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

from benchmarks.peers.workers import Workers

PATIENCE_S = 20.0


def start_uvicorn(workers: Workers, application: str, folder: str) -> str:
    """Start it on a free loopback port; return its URL once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["uvicorn", f"benchmarks.peers.web_app:{application}", "--port", str(port)]
    command += ["--no-access-log", "--log-level", "warning", "--lifespan", "off"]
    workers.start(*command, folder=folder, environment={})
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            ask(url)
            return url
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def ask(url: str) -> None:
    """Send one request to the server, over a connection of its own."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    finally:
        connection.close()
