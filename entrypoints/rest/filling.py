"""A long body on its way in: read from the socket into a few large pieces of memory.

uvicorn hands a body on in pieces of at most 256 KiB, each of which is copied four times until all
of them are joined, and stops reading after each until the application has asked for it. So a body
whose length is told, and is long, has its connection read into memory of its own, and is copied
once: into one piece, when all is there. That memory grows with what has arrived, because a length
that a client tells is only a promise.
"""

import asyncio
from typing import Any, Protocol

from starlette.types import Message, Receive, Scope

SOURCE = "gofer.source"
"""In a scope: the connection that the request comes over."""

LONG_BYTES = 256 * 1024
"""Bodies from this length on are read so. A shorter one comes in a piece or two."""

_LARGEST_BYTES = 4 * 1024 * 1024
"""Pieces of memory are as long as LONG_BYTES, then as all that has come, and never longer."""

_UNUSUAL = frozenset({b"expect", b"transfer-encoding", b"upgrade"})
"""Headers of requests whose bodies are more than so many bytes that simply follow."""


class Gone(Exception):
    """The client hung up before its request was complete."""


class Source(Protocol):
    """A connection whose bytes somebody else may read for a while."""

    transport: asyncio.Transport

    def lend(self, reader: asyncio.BufferedProtocol) -> bytes | bytearray:
        """Have all that comes read by another; return what of the body has come before."""
        ...

    def take_back(self) -> None:
        """Go on behind the body, which was read to its end."""
        ...


def filling(scope: Scope, declared: int, receive: Receive) -> "Filling | None":
    """Return the long body of a request; None if it comes as any other."""
    source: Source | None = scope.get(SOURCE)
    if source is None or declared < LONG_BYTES or source.transport.is_closing():
        return None
    if any(name in _UNUSUAL for name, _ in scope["headers"]):
        return None
    return Filling(source, declared, receive)


class Filling(asyncio.BufferedProtocol):
    """The body of a request, and the reader of its connection until it is complete.

    ``size`` is in bytes, and what has been told; ``more``: it is not complete.
    """

    def __init__(self, source: Source, length: int, receive: Receive) -> None:
        """Take the connection over; everything else than reading is still its own."""
        self._source: Any = source
        self._receive = receive
        self._length = length
        self._pieces: list[bytearray] = []
        self._room = memoryview(bytearray())
        self._waiting: asyncio.Future[None] | None = None
        self._lost = self._dropping = self._replayed = False
        self.size = 0
        self.more = True
        begun = source.lend(self)
        self._pieces.append(bytearray(begun))
        self._end = len(begun)

    # ------------------------------------------------------------ of the application

    async def next_chunk(self) -> int:
        """Wait for more and return how many bytes there are; raise Gone if the client hung up."""
        if self._end == self.size and not self._lost:
            self._waiting = asyncio.get_running_loop().create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        if self._end == self.size:
            raise Gone
        arrived, self.size = self._end - self.size, self._end
        self.more = self.size < self._length
        return arrived

    async def replay(self) -> Message:
        """Be the app's ``receive``: the whole body once, then what the server has to say."""
        if self._replayed:
            return await self._receive()
        self._replayed = True
        whole = b"".join(self._pieces)
        self._pieces.clear()
        return {"type": "http.request", "body": whole, "more_body": False}

    async def rest(self) -> Message:
        """Be the ``receive`` of one who wants nothing of it: what comes from now on is dropped."""
        self._dropping = True
        self._pieces.clear()
        try:
            await self.next_chunk()
        except Gone:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"", "more_body": self.more}

    # ------------------------------------------------------------ called by the event loop

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where the next bytes belong: never more than are missing."""
        del sizehint
        if not self._room:
            missing = self._length - self._end
            piece = bytearray(min(missing, max(LONG_BYTES, min(self._end, _LARGEST_BYTES))))
            self._room = memoryview(piece)
            if not self._dropping:
                self._pieces.append(piece)
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        """Take note of bytes that have come."""
        self._room = self._room[nbytes:]
        self._end += nbytes
        if self._end == self._length:
            self._source.take_back()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the connection know, and whoever waits."""
        self._lost = True
        self._source.connection_lost(exc)
        self._wake()

    def eof_received(self) -> bool | None:
        """Do as the connection does."""
        kept: bool | None = self._source.eof_received()
        return kept

    def pause_writing(self) -> None:
        """Let the connection know."""
        self._source.pause_writing()

    def resume_writing(self) -> None:
        """Let the connection know."""
        self._source.resume_writing()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
