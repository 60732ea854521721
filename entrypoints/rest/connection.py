"""A connection of the web server that gives a request's head a deadline and a size.

uvicorn has neither: a client that sends its headers one byte a minute, or without end, would hold
a connection (or the memory) for ever. ``guards.py`` takes over once the head is complete.
"""

import asyncio
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .filling import SOURCE
from .guards import WHOLE
from .schemas import JSON, Problem, answer
from .writing import HeadsWait

MAX_HEAD_BYTES = 64 * 1024


class BoundedConnection(HttpToolsProtocol):
    """One HTTP connection; ended when a head is not complete in time, or too large."""

    head_timeout_s: float = 30.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._in_head = True
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock: a client that sends nothing at all has no better right."""
        super().connection_made(HeadsWait(transport, self.loop))
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._end_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; count what it takes for a head that was begun before."""
        was_in_head = self._in_head
        super().data_received(data)
        if not self._in_head:
            return
        if was_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too long")
        self._start_clock()

    def on_message_begin(self) -> None:
        """Note that a head begins; most are complete at once, and need no clock."""
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0

    def on_message_complete(self) -> None:
        """Tell the application, which begins later, that nothing of the body is still to come."""
        super().on_message_complete()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope[WHOLE] = True

    def on_headers_complete(self) -> None:
        """Stop the clock."""
        self._end_head()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope[SOURCE] = self
        super().on_headers_complete()

    # ------------------------------------------------------------ long bodies

    def lend(self, reader: asyncio.BufferedProtocol) -> bytes | bytearray:
        """Have all that comes read by another; return what of the body has come before."""
        begun, self.cycle.body = self.cycle.body, bytearray()
        self.flow.resume_reading()  # it pauses after each piece; nothing is piled up from now on
        self._hand_over(reader)
        return begun

    def take_back(self) -> None:
        """Go on behind the body, as if the parser had seen all of it."""
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.on_message_complete()
        self.cycle.message_event.clear()  # whoever asks for more waits for the client to hang up
        if not self.transport.is_closing():
            self._hand_over(self)

    def _hand_over(self, protocol: asyncio.BaseProtocol) -> None:
        """Have another read; uvloop asks which kind it is when reading begins."""
        self.transport.pause_reading()
        self.transport.set_protocol(protocol)
        self.transport.resume_reading()

    def _start_clock(self) -> None:
        if self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(self.head_timeout_s, self._on_time)

    def _end_head(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self._in_head = False

    def _on_time(self) -> None:
        self._deadline = None
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, "the headers did not arrive in time")

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        """Answer by hand (there is no request that the app could answer) and hang up."""
        if self.transport.is_closing():
            return
        body = bytes(answer(Problem(detail)).body)
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {JSON}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()


def connections(head_timeout_s: float) -> type[BoundedConnection]:
    """Return the class of connections whose heads have this deadline, in seconds."""
    return type("Connection", (BoundedConnection,), {"head_timeout_s": head_timeout_s})
