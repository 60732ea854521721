"""HTTP spoken by hand over a socket: for what no well-behaved client does."""

import socket
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def connection(url: str, timeout: float = 20.0) -> Generator[socket.socket]:
    """Give a connection to the server of ``url``."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout) as opened:
        yield opened


def answer_of(opened: socket.socket) -> tuple[int, bytes]:
    """Return status and everything behind it, read until the server hangs up; 0 if nothing came."""
    received = b""
    while chunk := opened.recv(65536):
        received += chunk
    if not received:
        return 0, b""
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body


def read_until(opened: socket.socket, fragment: bytes) -> bytes:
    """Read until ``fragment`` has come; fail if the server hangs up before."""
    received = b""
    while fragment not in received:
        chunk = opened.recv(65536)
        assert chunk, f"the server hung up after {received!r}"
        received += chunk
    return received
