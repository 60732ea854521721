"""A server before a server, which loses answers and hangs up: what a client must get over."""

import http.client
import socketserver
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from enum import Enum
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlsplit


class Mood(Enum):
    """What becomes of one request."""

    ANSWERS = 1
    ANSWERS_AND_HANGS_UP = 2
    """Without saying so, as a server does that closes idle connections."""
    LOSES_THE_ANSWER = 3
    """The request was carried out."""
    IS_BUSY = 4
    """It was not: 503."""


class MoodyServer:
    """Hands requests on to ``target``, each in the next mood of a list, and then answers."""

    def __init__(self, target: str, moods: Iterable[Mood]) -> None:
        self.seen: list[str] = []
        self._target = urlsplit(target).netloc
        self._moods = iter(moods)

    def mood(self, path: str) -> Mood:
        """Note a request, and return what becomes of it."""
        self.seen.append(path)
        return next(self._moods, Mood.ANSWERS)

    def forward(self, method: str, path: str, body: bytes, headers: Any) -> tuple[int, str, bytes]:
        """Return status, content type and body of the target's answer."""
        connection = http.client.HTTPConnection(self._target, timeout=30)
        try:
            connection.request(method, path, body, dict(headers.items()))
            answer = connection.getresponse()
            return answer.status, answer.headers["content-type"], answer.read()
        finally:
            connection.close()


class _Server(socketserver.ThreadingMixIn, HTTPServer):
    daemon_threads = False
    moody: MoodyServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 5

    def do_POST(self) -> None:
        """Hand a request on, or not."""
        server = self.server
        assert isinstance(server, _Server)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        mood = server.moody.mood(self.path)
        self.close_connection = mood is not Mood.ANSWERS
        if mood is Mood.IS_BUSY:
            self._answer(503, "text/plain", b"busy")
            return
        answer = server.moody.forward(self.command, self.path, body, self.headers)
        if mood is not Mood.LOSES_THE_ANSWER:
            self._answer(*answer)

    do_GET = do_POST  # noqa: N815 - the base class calls it so

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's
        """Say nothing."""


@contextmanager
def moody(target: str, *moods: Mood) -> Generator[tuple[str, MoodyServer]]:
    """Give the URL of a server before ``target``, and the server."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.moody = MoodyServer(target, moods)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", server.moody
        finally:
            server.shutdown()
            thread.join()
