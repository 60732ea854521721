"""One connection to the web service: requests that are sent again where that does no harm.

A server closes idle connections, is restarted, is away for a moment. A request that may be
repeated (every one that a client sends here: reads, and writes with an idempotency key) is sent
again on a new connection; so none of this reaches the caller, unless it lasts.
"""

import http.client
import json
import time
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from .errors import Refused, Unreachable
from .wire import Problem

ANSWER_S = 30.0
"""How long an answer may take, beside the time that the request itself asks to wait."""

PAUSES_S = (0.0, 0.1, 0.5, 1.0, 2.0)
"""Before each further try. The first is at once: a server that closes idle connections is there."""

_BROKEN = (http.client.HTTPException, OSError)
_SUCCESS = range(200, 300)

_problem = msgspec.json.Decoder(Problem).decode


class Answer(NamedTuple):
    """What came back: a status below 300, and the body."""

    status: int
    body: bytes


class Connection:
    """Requests to one service, one at a time; for one thread."""

    def __init__(self, url: str) -> None:
        """Take the URL of the service; nothing is sent before the first request."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{url!r} is no URL of a service; expected http://HOST:PORT")
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        self._url = url
        self._prefix = parts.path.rstrip("/")
        self._connection = kind(parts.hostname, parts.port, timeout=ANSWER_S)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        wait_s: float = 0.0,
    ) -> Answer:
        """Return the answer to a request that may be sent again; ``wait_s`` is what it asks for.

        Raises Refused for what the service does not do, Unreachable where it does not answer.
        """
        trouble: Exception | None = None
        for pause_s in (None, *PAUSES_S):
            if pause_s is not None:
                time.sleep(pause_s)
            try:
                return self._send(method, path, body, headers or {}, wait_s)
            except Refused as refusal:
                if refusal.status != http.HTTPStatus.SERVICE_UNAVAILABLE:
                    raise
                trouble = refusal
            except _BROKEN as broken:
                self.close()
                trouble = broken
        if isinstance(trouble, Refused):
            raise trouble
        raise Unreachable(self._url, _words(trouble)) from trouble

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._connection.close()

    def _send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], wait_s: float
    ) -> Answer:
        connection = self._connection
        connection.timeout = ANSWER_S + wait_s
        if connection.sock is not None:
            connection.sock.settimeout(ANSWER_S + wait_s)
        connection.request(method, self._prefix + path, body, dict(headers))
        response = connection.getresponse()
        told = response.read()
        if response.status not in _SUCCESS:
            raise _refusal(response.status, told)
        return Answer(response.status, told)


def _refusal(status: int, body: bytes) -> Refused:
    """Return why a service said no; a proxy's page, which is no problem by RFC 9457, is cut."""
    try:
        problem = _problem(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Refused(status, "unknown", body[:200].decode("utf-8", "replace"))
    detail = problem.detail or json.dumps(body[:200].decode("utf-8", "replace"))
    return Refused(status, problem.kind, detail)


def _words(trouble: Exception | None) -> str:
    if isinstance(trouble, TimeoutError):
        return f"no answer within {ANSWER_S:g} s"
    return str(trouble) or type(trouble).__name__
