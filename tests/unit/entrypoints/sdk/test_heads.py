"""Heads of answers: what is read at once says the same as the standard library's reader."""

import http.client
import io
import socket
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.entrypoints.sdk.heads import Answered

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
        return io.BufferedReader(Pieces(self._data, self._piece))


class Pieces(io.RawIOBase):
    def __init__(self, data: bytes, piece: int) -> None:
        self._data = data
        self._piece = piece

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        count = min(len(buffer), self._piece, len(self._data))
        buffer[:count], self._data = self._data[:count], self._data[count:]
        return count


def read_by(
    kind: Callable[..., http.client.HTTPResponse], data: bytes, method: str, piece: int = 1 << 16
) -> object:
    response = kind(Arrived(data, piece), method=method)
    try:
        response.begin()
        head = (response.status, response.reason, response.version, response.will_close)
        headers = [(name, value.strip()) for name, value in response.headers.items()]
        return head, headers, response.length, response.read(), response.isclosed()
    except http.client.HTTPException as error:
        return type(error)
    finally:
        response.close()


def assert_read_alike(data: bytes, method: str = "POST", piece: int = 1 << 16) -> None:
    expected = read_by(http.client.HTTPResponse, data, method, piece)
    assert read_by(Answered, data, method, piece) == expected


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
        response = Answered(ours, method="POST")
        response.begin()
        assert (response.status, response.read()) == (200, b"body")
        assert response.headers.get("Content-Type") == "application/msgpack"


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
