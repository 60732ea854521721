"""Where the service is and how it is spoken to: what every kind of connection has to know.

Nothing is sent here. The URL and the token come from the caller or from the environment
(GOFER_URL, GOFER_TOKEN); what a service answers is turned into an answer or into an error that
says what to do next.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import msgspec

from .errors import NotGofer, Refused, Unauthorized
from .wire import Problem

URL_VARIABLE = "GOFER_URL"
TOKEN_VARIABLE = "GOFER_TOKEN"  # noqa: S105 - the name of a variable
DEFAULT_URL = "http://127.0.0.1:8000"

JSON = "application/json"
MSGPACK = "application/msgpack"

ANSWER_S = 30.0
"""How long an answer may take, beside the time that the request itself asks to wait."""

PATIENCE_S = 5.0
"""How long a request is tried again while nobody answers, if nothing else is said."""

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0

Query = Mapping[str, str | int | float | bool | Sequence[str] | None]
"""What follows the question mark; None is left out, several values of a name are a sequence."""

Body = bytes | list[bytes] | None
"""The body of a request: in one piece or in several, which are sent as they are; or none."""

_SUCCESS = range(200, 300)
_KNOWN = frozenset({JSON, "application/problem+json", MSGPACK})
_problem = msgspec.json.Decoder(Problem).decode


class Answer(NamedTuple):
    """What came back: a status below 300, the body and its content type."""

    status: int
    body: bytes
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """A service's URL in its parts, and the headers that go with every request to it."""

    url: str
    secure: bool
    host: str
    port: int
    prefix: str
    headers: Mapping[str, str]

    @classmethod
    def of(cls, url: str | None = None, token: str | None = None) -> "Address":
        """Take what is given, else the environment, else this machine.

        Raises ValueError for what is no URL, TypeError for what is no text.
        """
        if not isinstance(url, str | None):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"a service's URL is text, http://HOST:PORT, and not {url!r}")
        chosen = url or os.environ.get(URL_VARIABLE) or DEFAULT_URL
        where = "" if url else f" (from {URL_VARIABLE})"
        try:
            parts = urlsplit(chosen)
            port = parts.port
        except ValueError as error:
            raise ValueError(f"{chosen!r}{where} is no URL of a service: {error}") from None
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            problem = f"{chosen!r}{where} is no URL of a service; expected http://HOST:PORT"
            raise ValueError(problem)
        secure = parts.scheme == "https"
        secret = os.environ.get(TOKEN_VARIABLE, "") if token is None else token
        return cls(
            chosen,
            secure,
            parts.hostname,
            port or (443 if secure else 80),
            parts.path.rstrip("/"),
            _authorization(secret),
        )

    def checked(self, status: int, content_type: str, body: bytes) -> Answer:
        """Return what came back if it is a success.

        Raises Refused for what the service does not do, Unauthorized where it wants another token,
        NotGofer where something else answers at this URL.
        """
        kind = content_type.partition(";")[0].strip().lower()
        if status in _SUCCESS:
            return Answer(status, body, kind)
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise Unauthorized(status, _detail(body), sent=bool(self.headers))
        if kind in _KNOWN:
            raise _refusal(status, body)
        if status in {HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "unknown", _detail(body))
        if status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED} or status < _SUCCESS[0]:
            raise NotGofer(self.url, f"HTTP {status}, {kind or 'of no content type'}")
        raise _refusal(status, body)


def with_query(path: str, query: Query | None) -> str:
    """Return a path with what follows the question mark."""
    pairs = [
        (name, _text(value))
        for name, values in (query or {}).items()
        if values is not None
        for value in ([values] if isinstance(values, str | int | float) else values)
    ]
    return f"{path}?{urlencode(pairs)}" if pairs else path


def pauses(patience_s: float) -> Iterator[float]:
    """Yield how long to wait before each further try, ``patience_s`` in all.

    The first is at once, whatever the patience: a server that closes idle connections is there.
    """
    yield 0.0
    left_s, pause_s = patience_s, _FIRST_PAUSE_S
    while left_s > 0:
        taken_s = min(pause_s, left_s)
        yield taken_s
        left_s -= taken_s
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def in_words(trouble: BaseException | None) -> str:
    """Return what broke a connection, for a message."""
    if isinstance(trouble, TimeoutError):
        return f"no answer within {ANSWER_S:g} s"
    return str(trouble) or type(trouble).__name__


def _authorization(token: str) -> Mapping[str, str]:
    secret = token.strip()
    if not secret:
        return {}
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise ValueError(f"the token ({TOKEN_VARIABLE}) has characters that no token has")
    return {"Authorization": f"Bearer {secret}"}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _refusal(status: int, body: bytes) -> Refused:
    """Return why a service said no; a proxy's page, which is no problem by RFC 9457, is cut."""
    try:
        raw = msgspec.json.decode(body)
        problem = _problem(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Refused(status, "unknown", _detail(body))
    return Refused(status, problem.kind, problem.detail or _detail(body), raw)


def _detail(body: bytes) -> str:
    try:
        return _problem(body).detail or body[:200].decode("utf-8", "replace")
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return body[:200].decode("utf-8", "replace")
