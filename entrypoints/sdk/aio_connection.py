"""Connections to the web service on an event loop: many requests at once, no thread for any.

The same as ``connection.py`` in its promises: a request that may be repeated is sent again where
the connection broke or the service was busy. Cancelling whoever waits for an answer closes that
connection, so that no answer is ever taken for another request's.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from http import HTTPStatus
from typing import Any

import httptools

from .address import ANSWER_S, PATIENCE_S, Address, Answer, Body, in_words, pauses
from .errors import Refused, Unreachable
from .heads import request
from .silence import Silence

IDLE_MOST = 64
"""Connections that are kept while nobody uses them."""

_BROKEN = (OSError, EOFError, httptools.HttpParserError)


class _Exchange(asyncio.Protocol):
    """One connection: a request out, an answer in; ``httptools`` reads it."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.gone = False
        self.reusable = True
        self._parser: Any = httptools.HttpResponseParser(self)
        self._busy = False
        self._headed: asyncio.Future[None] | None = None
        self._chunks: asyncio.Queue[bytes | BaseException] = asyncio.Queue()
        self._kind = ""
        self._framed = False

    # ------------------------------------------------------------ of the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP and TLS have these
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._busy:
            self.close()  # an answer to no request
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._end(error)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True
        unframed = self._headed is not None and self._headed.done() and not self._framed
        self._end(b"" if unframed and exc is None else exc or EOFError("it hung up"))

    # ------------------------------------------------------------ of the parser

    def on_header(self, name: bytes, value: bytes) -> None:
        key = name.lower()
        if key == b"content-type":
            self._kind = value.decode("latin-1")
        self._framed = self._framed or key in {b"content-length", b"transfer-encoding"}

    def on_headers_complete(self) -> None:
        if self._headed is not None and not self._headed.done():
            self._headed.set_result(None)

    def on_body(self, body: bytes) -> None:
        self._chunks.put_nowait(body)

    def on_message_complete(self) -> None:
        self.reusable, self._busy = self._parser.should_keep_alive(), False
        self._end(b"")

    def _end(self, how: bytes | BaseException) -> None:
        """Tell whoever waits that no more comes: b"" for a whole answer, else what broke it."""
        if self._headed is not None and not self._headed.done():
            broken = how if isinstance(how, BaseException) else EOFError("it hung up")
            self._headed.set_exception(broken)
        self._chunks.put_nowait(how)

    # ------------------------------------------------------------ of the one who asks

    async def begin(self, request: bytes) -> tuple[int, str]:
        """Send a request; return status and content type once the headers are there."""
        if self.gone or self.transport is None:
            raise EOFError("it hung up")
        self._busy = True
        self._headed = asyncio.get_running_loop().create_future()
        self._chunks = asyncio.Queue()
        self._kind, self._framed, self.reusable = "", False, False
        self.transport.write(request)
        await self._headed
        return self._parser.get_status_code(), self._kind

    async def chunks(self) -> AsyncGenerator[bytes]:
        """Yield the body as it comes."""
        while chunk := await self._chunks.get():
            if isinstance(chunk, BaseException):
                raise chunk
            yield chunk

    def close(self) -> None:
        """Close the connection at once."""
        self.gone = True
        if self.transport is not None:
            self.transport.abort()


def _now() -> float:
    return asyncio.get_running_loop().time()


class AsyncConnections:
    """As many connections to one service as are in use at once; for one event loop."""

    def __init__(
        self, address: Address, patience_s: float = PATIENCE_S, silence: Silence | None = None
    ) -> None:
        """Take where the service is, and how long to try again while nobody answers.

        With ``silence`` it is told that nobody does, and the first try of all is given up sooner.
        """
        self.address = address
        self._patience_s = patience_s
        self._idle: deque[_Exchange] = deque()
        self._tls: Any = None
        self._hurries = False
        self._silence = silence

    def hurry(self) -> None:
        """Give up what nobody answers instead of trying it again, now and from now on."""
        self._hurries = True

    async def ask(
        self,
        method: str,
        path: str,
        body: Body = None,
        headers: Mapping[str, str] | None = None,
        wait_s: float = 0.0,
    ) -> Answer:
        """Return the answer to a request that may be sent again; ``wait_s`` is what it asks for.

        Raises Refused for what the service does not do, Unreachable where it does not answer.
        """
        request = self._request(method, path, body, headers or {})
        trouble: Exception | None = None
        for pause_s in (None, *pauses(self._patience_s)):
            if pause_s:
                await asyncio.sleep(pause_s)
            if trouble is not None and self._hurries:
                break
            try:
                async with asyncio.timeout(ANSWER_S + wait_s):
                    answer = await self._asked(request)
            except Refused as refusal:
                self._heard()
                if refusal.status != HTTPStatus.SERVICE_UNAVAILABLE:
                    raise
                trouble = refusal
            except _BROKEN as broken:
                self.close()  # the others are of the same server, which may be another one now
                trouble = broken
                if self._silence is not None and self._silence.broken(broken, _now()):
                    break
            else:
                self._heard()
                return answer
        if isinstance(trouble, Refused):
            raise trouble
        raise Unreachable(self.address.url, in_words(trouble)) from trouble

    async def stream(
        self, path: str, headers: Mapping[str, str], silence_s: float
    ) -> AsyncGenerator[bytes]:
        """Yield the body of an answer as it comes; asked for once, on a connection of its own.

        Raises Refused, and Unreachable where it breaks or nothing comes for ``silence_s``.
        """
        exchange = None
        try:
            async with asyncio.timeout(ANSWER_S):
                exchange = await self._open()
                request = self._request("GET", path, None, headers)
                status, kind = await exchange.begin(request)
            async with aclosing(exchange.chunks()) as chunks:
                if status >= HTTPStatus.MULTIPLE_CHOICES:
                    self.address.checked(status, kind, b"".join([each async for each in chunks]))
                while True:
                    async with asyncio.timeout(silence_s):
                        chunk = await anext(chunks, b"")
                    if not chunk:
                        return
                    yield chunk
        except _BROKEN as broken:
            raise Unreachable(self.address.url, in_words(broken)) from broken
        finally:
            if exchange is not None:
                exchange.close()

    def close(self) -> None:
        """Close the connections that are idle; the next request opens another."""
        while self._idle:
            self._idle.pop().close()

    def _heard(self) -> None:
        if self._silence is not None:
            self._silence.answered()

    async def _asked(self, request: bytes) -> Answer:
        exchange = await self._free()
        try:
            status, kind = await exchange.begin(request)
            told = b"".join([chunk async for chunk in exchange.chunks()])
        except BaseException:
            exchange.close()
            raise
        if exchange.reusable and not exchange.gone and len(self._idle) < IDLE_MOST:
            self._idle.append(exchange)
        else:
            exchange.close()
        return self.address.checked(status, kind, told)

    async def _free(self) -> _Exchange:
        while self._idle:
            exchange = self._idle.pop()
            if not exchange.gone:
                return exchange
        return await self._open()

    async def _open(self) -> _Exchange:
        address = self.address
        if address.secure and self._tls is None:
            import ssl  # noqa: PLC0415 - a third of this module's import, and seldom needed

            self._tls = ssl.create_default_context()
        loop = asyncio.get_running_loop()
        _, exchange = await loop.create_connection(
            _Exchange, address.host, address.port, ssl=self._tls
        )
        return exchange

    def _request(self, method: str, path: str, body: Body, headers: Mapping[str, str]) -> bytes:
        return b"".join(request(self.address, method, path, body, headers))
