"""How a request leaves the client, seen over a socket that keeps what was sent apart."""

import socket
from collections.abc import Iterator

import pytest

from gofer.entrypoints.sdk.whole import JOINED_BYTES, WholeConnection

Sent = tuple[WholeConnection, socket.socket]


@pytest.fixture
def sent() -> Iterator[Sent]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection = WholeConnection("127.0.0.1")
    connection.sock = ours
    with theirs:
        theirs.settimeout(1)
        yield connection, theirs
        connection.close()


def test_a_head_and_a_short_body_leave_in_one_piece(sent: Sent) -> None:
    connection, server = sent
    connection.request("POST", "/path", b"body", {"Accept": "text/plain"})
    piece = server.recv(JOINED_BYTES)
    assert piece.startswith(b"POST /path ")
    assert piece.endswith(b"\r\n\r\nbody")


def test_a_request_without_a_body_leaves_in_one_piece(sent: Sent) -> None:
    connection, server = sent
    connection.request("GET", "/path")
    assert server.recv(JOINED_BYTES).endswith(b"\r\n\r\n")


def test_a_long_body_is_not_copied_behind_its_head(sent: Sent) -> None:
    connection, server = sent
    body = bytes(JOINED_BYTES)
    connection.request("POST", "/path", body)
    assert server.recv(JOINED_BYTES).endswith(b"\r\n\r\n")
    assert server.recv(2 * JOINED_BYTES) == body
