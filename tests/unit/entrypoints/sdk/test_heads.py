"""Requests as bytes, and answers: read at once they say what the standard library reads."""

import http.client
import io
import socket
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.entrypoints.sdk.address import Address
from gofer.entrypoints.sdk.heads import JOINED_BYTES, Received, received, request

OURS = (
    b"HTTP/1.1 200 OK\r\ndate: Mon, 23 Nov 2026 04:00:00 GMT\r\ncontent-length: 4\r\n"
    b"content-type: application/msgpack\r\n\r\nbody"
)


class Arrived:
    """What a socket has to give; ``piece`` bytes at a time at most."""

    def __init__(self, data: bytes, piece: int = 1 << 16) -> None:
        self._data = data
        self._piece = piece

    def makefile(self, mode: str) -> io.BufferedReader:
        assert mode == "rb"
        return io.BufferedReader(Pieces(self))

    def recv(self, count: int) -> bytes:
        most = min(count, self._piece)
        piece, self._data = self._data[:most], self._data[most:]
        return piece

    def recv_into(self, buffer: bytearray | memoryview) -> int:
        piece = self.recv(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


class Pieces(io.RawIOBase):
    def __init__(self, arrived: Arrived) -> None:
        self._arrived = arrived

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        return self._arrived.recv_into(buffer)


def read_by_the_library(arrived: Any, method: str) -> Received:
    response = http.client.HTTPResponse(arrived, method=method)
    try:
        response.begin()
        kind = (response.headers.get("Content-Type") or "").strip()
        return Received(response.status, kind, response.read(), not response.will_close)
    finally:
        response.close()


def read_by(
    read: Callable[[Any, str], Received], data: bytes, method: str, piece: int = 1 << 16
) -> object:
    try:
        status, kind, body, reusable = read(Arrived(data, piece), method)
    except http.client.HTTPException as error:
        return type(error)
    return status, kind.strip(), body, reusable


def assert_read_alike(data: bytes, method: str = "POST", piece: int = 1 << 16) -> None:
    assert read_by(received, data, method, piece) == read_by(
        read_by_the_library, data, method, piece
    )


@pytest.mark.parametrize("piece", [1, 7, 20, len(OURS) - 4, len(OURS)])
def test_a_head_that_comes_in_pieces_is_read_all_the_same(piece: int) -> None:
    assert_read_alike(OURS, piece=piece)


def test_an_answer_of_ours_is_read_without_the_standard_library_s_reader(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(_response: http.client.HTTPResponse) -> None:
        raise AssertionError("it was asked")

    monkeypatch.setattr(http.client.HTTPResponse, "begin", fails)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(OURS)
        assert received(ours, "POST") == (200, "application/msgpack", b"body", True)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody",
        b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbody",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OURS,
        b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\nbody",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 2\r\n\r\nbody",
        b"HTTP/1.1 200 OK\r\nX: a\r\n folded\r\nContent-Length: 4\r\n\r\nbody",
        b"HTTP/1.1 200 OK\r\n\r\nbody",
        b"HTTP/1.1 200 OK\nContent-Length: 4\n\nbody",
        b"HTTP/1.1 200\r\nContent-Length: 4\r\n\r\nbody",
        b"no answer at all\r\n\r\n",
        b"",
    ],
)
def test_every_other_head_is_read_as_the_standard_library_reads_it(head: bytes) -> None:
    assert_read_alike(head)


def test_the_answer_to_a_head_request_has_no_body() -> None:
    assert_read_alike(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", "HEAD")


NAMES = st.sampled_from(["Content-Type", "Retry-After", "Location", "x!#$-1", "Content-Length"])
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f\x85"))


@given(st.integers(200, 599), st.lists(st.tuples(NAMES, VALUES), max_size=4), st.binary())
def test_any_head_with_a_length_is_read_as_the_standard_library_reads_it(
    status: int, fields: list[tuple[str, str]], body: bytes
) -> None:
    lines = [f"{name}: {value}\r\n" for name, value in fields]
    length = f"Content-Length: {len(body)}\r\n"
    head = f"HTTP/1.1 {status} Why\r\n{''.join(lines)}{length}\r\n"
    assert_read_alike(head.encode("latin-1") + body)


def test_more_than_an_answer_is_no_answer_to_go_on_with() -> None:
    assert_read_alike(OURS + b"HTTP/1.1 200 OK\r\n")


def test_a_long_answer_is_read_to_its_end() -> None:
    body = bytes(300_000)
    assert_read_alike(OURS.replace(b"length: 4", b"length: 300000")[:-4] + body, piece=50_000)


HERE = Address.of("http://127.0.0.1:9/prefix", "token")


def test_a_head_and_a_short_body_are_one_piece() -> None:
    (piece,) = request(HERE, "POST", "/path", b"body", {"Accept": "text/plain"})
    assert piece == (
        b"POST /prefix/path HTTP/1.1\r\nHost: 127.0.0.1:9\r\nAuthorization: Bearer token\r\n"
        b"Accept: text/plain\r\nContent-Length: 4\r\n\r\nbody"
    )


def test_a_request_without_a_body_says_no_length() -> None:
    (piece,) = request(HERE, "GET", "/path", None, {})
    assert piece.endswith(b"\r\n\r\n")
    assert b"Content-Length" not in piece


def test_a_long_body_is_not_copied_behind_its_head() -> None:
    bodies = [bytes(JOINED_BYTES), b"end"]
    head, *pieces = request(HERE, "POST", "/path", bodies, {})
    assert head.endswith(b"Content-Length: 65539\r\n\r\n")
    assert all(piece is body for piece, body in zip(pieces, bodies, strict=True))
