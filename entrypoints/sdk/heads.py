"""Requests as bytes, and answers out of them: what both kinds of connection send and one reads.

The standard library makes a request's head by a call a line, sends head and body apart (the service
would wake up twice), makes a file of the socket for each answer, and has its head parsed as that of
a mail: 0.1 ms of CPU of the 0.16 that a client spends on a task alone. So a request is written
here, in one piece where it is short, and an answer that has arrived as a whole and says how long
its body is, as ours do, is read here. Every other one is left to the standard library.
"""

import http.client
import io
import re
import socket
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from .address import Address, Body

JOINED_BYTES = 64 * 1024
"""Requests up to this length leave in one piece; longer ones are not worth the copy."""

FIRST_BYTES = 64 * 1024
"""So much is read at once of an answer; what is longer is read by the standard library."""

_PLAIN = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9][0-9]) [^\r\n]*\r\n((?:[!#-'*+.0-9A-Z^-z|~-]+:[^\r\n]*\r\n)+)\r\n"
)
_BODILESS = frozenset({b"204", b"304"})

_LENGTH_MOST = 18
"""Digits of a length that is believed."""


class Received(NamedTuple):
    """An answer; ``kind`` is its content type, and empty if it has none."""

    status: int
    kind: str
    body: bytes
    reusable: bool
    """Whether its connection may be used for another request."""


def request(
    address: Address, method: str, path: str, body: Body, headers: Mapping[str, str]
) -> list[bytes]:
    """Return the bytes of a request, in one piece or in several to be sent one after the other.

    Raises ValueError for what would end its line, so that nothing smuggles in another request.
    """
    pieces = body if isinstance(body, list) else [body or b""]
    length = sum(map(len, pieces))
    host = f"[{address.host}]" if ":" in address.host else address.host
    target = f"{address.prefix}{path}"
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}:{address.port}"]
    for name, value in {**address.headers, **headers}.items():
        lines.append(f"{name}: {value}")
    if body is not None or method != "GET":
        lines.append(f"Content-Length: {length}")
    if " " in target or not "".join(lines).isprintable():
        wrong = next((line for line in lines if not line.isprintable()), lines[0])
        raise ValueError(f"{wrong[:80]!r} cannot be part of a request")
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    if length <= JOINED_BYTES:
        return [b"".join([head, *pieces])]
    return [head, *pieces]


def received(sock: socket.socket, method: str) -> Received:
    """Return the answer that comes over a socket; raise what the standard library does, OSError."""
    data = sock.recv(FIRST_BYTES)
    return _at_once(data, method) or _by_the_library(sock, data, method)


def opened(sock: socket.socket) -> Received | http.client.HTTPResponse:
    """Return the answer to a GET, whole if it has come so, else with its body still to be read."""
    data = sock.recv(FIRST_BYTES)
    return _at_once(data, "GET") or _begun(sock, data, "GET")


def _at_once(data: bytes, method: str) -> Received | None:
    """Return an answer that is there as a whole, and whose form is known; None for any other."""
    found = None if method == "HEAD" else _PLAIN.match(data)
    if found is None or found[1] in _BODILESS:
        return None
    kind: str | None = None
    length: int | None = None
    for line in found[2].decode("latin-1").split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        match name.lower():
            case "content-length":
                if length is not None or not _is_length(digits := value.strip(" \t")):
                    return None
                length = int(digits)
            case "transfer-encoding" | "connection":
                return None
            case "content-type" if kind is None:
                kind = value.strip(" \t")
            case _:
                pass
    if length is None or len(data) != found.end() + length:
        return None
    return Received(int(found[1]), kind or "", data[found.end() :], reusable=True)


def _is_length(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LENGTH_MOST


def _by_the_library(sock: socket.socket, begun: bytes, method: str) -> Received:
    """Read an answer of which some has come."""
    response = _begun(sock, begun, method)
    try:
        kind = response.headers.get("content-type") or ""
        reusable = not response.will_close
        return Received(response.status, kind, response.read(), reusable)
    finally:
        response.close()


def _begun(sock: socket.socket, begun: bytes, method: str) -> http.client.HTTPResponse:
    """Have the standard library read the head of an answer of which some has come."""
    response = http.client.HTTPResponse(cast("Any", _Begun(sock, begun)), method=method)
    try:
        response.begin()
    except BaseException:
        response.close()
        raise
    return response


class _Begun(io.RawIOBase):
    """A socket of whose bytes some were read: those come first."""

    def __init__(self, sock: socket.socket, begun: bytes) -> None:
        self._sock = sock
        self._begun = memoryview(begun)

    def makefile(self, mode: str) -> io.BufferedReader:
        """Be what the standard library makes of a socket."""
        del mode
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Be a file that can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what was read before, and then the socket."""
        if not self._begun:
            return self._sock.recv_into(buffer)
        count = min(len(buffer), len(self._begun))
        buffer[:count] = self._begun[:count]
        self._begun = self._begun[count:]
        return count
