"""JSON or msgpack: which one a request speaks, which one it wants back, and both ways of each.

One struct serves both: its ``bytes`` are binary in msgpack, and base64 in JSON. Negotiation is
here and nowhere else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from ..schemas import JSON
from .problems import Refused

MSGPACK = "application/msgpack"

_ALSO_MSGPACK = frozenset({MSGPACK, "application/x-msgpack", "application/vnd.msgpack"})

Body = TypeVar("Body", bound=Struct)


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a body. ``decoder`` makes what reads bodies of one kind."""

    media_type: str
    encode: Callable[[Any], bytes]
    decoder: Callable[[Any], Callable[[bytes], Any]]


TEXT = Format(JSON, msgspec.json.Encoder().encode, lambda kind: msgspec.json.Decoder(kind).decode)
BINARY = Format(
    MSGPACK, msgspec.msgpack.Encoder().encode, lambda kind: msgspec.msgpack.Decoder(kind).decode
)


class Reader:
    """Reads bodies of one kind, in either format."""

    def __init__(self, kind: type[Struct]) -> None:
        self._decode = {each: each.decoder(kind) for each in (TEXT, BINARY)}

    def read(self, body: bytes, written_in: Format) -> Any:
        """Return the body; raise Refused: 400 if it is not of this format, 422 if it does not fit.

        Holds the interpreter for as long as the body is: 3 ms for 16 MiB of msgpack, 15 of JSON.
        """
        try:
            return self._decode[written_in](body)
        except msgspec.ValidationError as error:
            detail = f"the body does not fit: {error}; see /openapi.json"
            raise Refused("does-not-fit", detail) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            what = str(error) if isinstance(error, msgspec.DecodeError) else type(error).__name__
            detail = f"the body is no {written_in.media_type}: {what}"
            raise Refused("unreadable", detail) from None


def spoken(request: Request) -> Format:
    """Return the format of a request's body; raise Refused: 415."""
    return _spoken(header(request, b"content-type"))


def wanted(request: Request) -> Format:
    """Return the format that a request asks for in return; raise Refused: 406.

    Who takes anything gets what it sent, and JSON if it sent nothing.
    """
    return _wanted(header(request, b"accept"), header(request, b"content-type"))


def header(request: Request, name: bytes) -> bytes:
    """Return a request's header, empty if it has none of this name (in lower case)."""
    for key, value in request.scope["headers"]:
        if key == name:
            found: bytes = value
            return found
    return b""


def reply(
    body: Struct,
    written_in: Format,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a body as a response."""
    return Response(written_in.encode(body), int(status), headers, written_in.media_type)


@lru_cache(maxsize=64)
def _spoken(content_type: bytes) -> Format:
    kind = _kind(content_type)
    if kind in _ALSO_MSGPACK:
        return BINARY
    if not kind or kind == JSON or kind.endswith("+json"):
        return TEXT
    raise Refused("unsupported-media-type", f"send the body as {JSON} or as {MSGPACK}")


@lru_cache(maxsize=256)
def _wanted(accept: bytes, content_type: bytes) -> Format:
    sent = BINARY if _kind(content_type) in _ALSO_MSGPACK else TEXT
    if not accept.strip():
        return sent
    offers: dict[Format, float] = {}
    for part in sorted(accept.split(b","), key=lambda part: b"*" in part):  # names before stars
        for each in _accepted(_kind(part), sent):
            offers.setdefault(each, _quality(part))
    best = max(offers, key=lambda each: (offers[each], each is sent), default=sent)
    if offers.get(best, 0.0) <= 0.0:
        raise Refused("not-acceptable", f"answers are {JSON} or {MSGPACK}; see Accept")
    return best


def _accepted(kind: str, sent: Format) -> tuple[Format, ...]:
    if kind in {"*/*", "application/*"}:
        return (sent, BINARY if sent is TEXT else TEXT)
    if kind in _ALSO_MSGPACK:
        return (BINARY,)
    return (TEXT,) if kind in {JSON, "application/problem+json"} else ()


def _kind(text: bytes) -> str:
    return text.partition(b";")[0].strip().lower().decode("latin-1")


def _quality(part: bytes) -> float:
    for parameter in part.split(b";")[1:]:
        name, _, value = parameter.partition(b"=")
        if name.strip() == b"q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
