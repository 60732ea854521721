"""Sockets that break the rules, for tests of what the links do then."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

import zmq


@contextmanager
def raw_socket(
    kind: int, endpoint: str = "", bind: str = "tcp://127.0.0.1:*"
) -> Generator["zmq.Socket[bytes]"]:
    """Connect a bare socket to ``endpoint``, or bind a ROUTER; a DEALER or REQ may do neither."""
    context = zmq.Context()
    socket = context.socket(kind)
    socket.set(zmq.LINGER, 0)
    if endpoint:
        socket.connect(endpoint)
    elif kind == zmq.ROUTER:
        socket.bind(bind)
    try:
        yield socket
    finally:
        socket.close()
        context.term()


async def next_frames(socket: "zmq.Socket[bytes]") -> list[bytes]:
    """Return the next message of a bare socket, without blocking the loop."""
    assert await asyncio.to_thread(socket.poll, 10_000), "no message came"
    return socket.recv_multipart(zmq.DONTWAIT)
