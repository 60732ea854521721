"""A web service that answers from a script and notes what it was asked: for tests of clients."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its query as it came, its body as JSON."""

    method: str
    path: str
    query: dict[str, str]
    body: Any


@dataclass
class ScriptedService:
    """Its ``answers`` by ``"GET /path"``: content for JSON, text for text, or a status with either.

    A list of type ``Turns`` gives one answer after another, and its last one from then on.
    """

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict[str, Any])
    asked: list[Asked] = field(default_factory=list[Asked])

    def answer_to(self, request: Asked) -> tuple[int, str, bytes]:
        """Return status, content type and body."""
        self.asked.append(request)
        line = f"{request.method} {request.path}"
        answer: Any = self.answers.get(line, problem(404, "not-found", f"nothing at {line}"))
        if isinstance(answer, Turns):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        status: int = 200
        content: Any = answer
        if isinstance(answer, tuple):
            status, content = cast("tuple[int, Any]", answer)
        if isinstance(content, str):
            return status, "text/plain; charset=utf-8", content.encode()
        kind = "application/json" if status < 400 else "application/problem+json"
        return status, kind, b"" if content is None else json.dumps(content).encode()


class Turns(list[Any]):
    """Answers, one after another."""


def problem(status: int, kind: str, detail: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """Return a refusal as the service writes it."""
    return status, {"type": f"urn:gofer:problem:{kind}", "status": status, "detail": detail, **more}


@contextmanager
def scripted_service() -> Generator[ScriptedService]:
    """Give a service that runs in a thread of this process inside the block."""
    service = ScriptedService()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer from the script."""
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            query = dict(parse_qsl(parts.query))
            content = json.loads(body) if body else None
            asked = Asked(self.command, unquote(parts.path), query, content)
            status, kind, answer = service.answer_to(asked)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_DELETE = do_GET  # noqa: N815 - the base class calls them so

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
