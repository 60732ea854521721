"""Keeps requests within bounds before any route sees them: size, time, memory; plain ASGI.

The guard reads the body itself and hands it on whole. So the size is counted as bytes arrive (a
Content-Length is only a promise, and a chunked body makes none), a body that trickles in is given
up, and all bodies together stay within a budget. The head of a request never gets here before it
is complete: ``connection.py`` bounds that.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .faults import fault
from .filling import Filling, Gone, filling

SLOWEST_BYTES_PER_S = 64 * 1024
"""Each byte that arrives prolongs the deadline of its body as if it took this long."""

WHOLE = "gofer.whole"
"""In a scope: the request had arrived to its end when the application was called."""

LINGER_S = 2.0
"""How long the rest of a refused body is read and dropped, so that the client reads the answer."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What requests may take: the body of one, all bodies together, and time."""

    body_bytes: int
    buffer_bytes: int
    read_timeout_s: float


@dataclass(frozen=True, slots=True)
class _Refusal:
    status: HTTPStatus
    detail: str


class TrailingSlash:
    """Lets a path end in a slash, without a redirect that would cost clients a round trip."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its path's last slash taken away."""
        path = scope.get("path", "")
        if len(path) > 1 and path.endswith("/"):
            scope = {**scope, "path": path[:-1]}
        await self._app(scope, receive, send)


class BodyGuard:
    """Reads bodies within bounds; answers 413, 408 or 503 for those that exceed them."""

    def __init__(self, app: ASGIApp, bounds: Bounds) -> None:
        self._app = app
        self._bounds = bounds
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, then pass on the request; or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body: _Body | Filling = _Body(receive)
        try:
            if WHOLE in scope:
                refusal = await self._take(body)
            else:
                refusal = self._too_large(declared := _declared(scope))
                if refusal is None:
                    body = filling(scope, declared, receive) or body
                    refusal = await self._read(body)
            if refusal is None:
                await self._app(scope, body.replay, send)
            else:
                await _refuse(refusal, scope, body.rest, send, finished=not body.more)
        except Gone:
            return  # nobody is there to be answered
        finally:
            self._held -= body.size

    async def _take(self, body: "_Body | Filling") -> _Refusal | None:
        """Read a body that is there already: no clock for it, which costs more than the rest."""
        while body.more:
            self._held += await body.next_chunk()
        return self._too_large(body.size) or self._too_full()

    async def _read(self, body: "_Body | Filling") -> _Refusal | None:
        """Read the whole body, or say why not."""
        try:
            async with asyncio.timeout(self._bounds.read_timeout_s) as deadline:
                while body.more:
                    arrived = await body.next_chunk()
                    self._held += arrived
                    refusal = self._too_large(body.size) or self._too_full()
                    if refusal is not None:
                        return refusal
                    deadline.reschedule((deadline.when() or 0) + arrived / SLOWEST_BYTES_PER_S)
        except TimeoutError:
            limit = f"{self._bounds.read_timeout_s:g} s"
            return _Refusal(HTTPStatus.REQUEST_TIMEOUT, f"the body did not arrive within {limit}")
        return None

    def _too_large(self, size: int) -> _Refusal | None:
        limit = self._bounds.body_bytes
        if size <= limit:
            return None
        detail = f"the body is larger than {limit} bytes, which is the limit; send less at once"
        return _Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)

    def _too_full(self) -> _Refusal | None:
        if self._held <= self._bounds.buffer_bytes:
            return None
        detail = "too many large requests at this moment; try again later"
        return _Refusal(HTTPStatus.SERVICE_UNAVAILABLE, detail)


class _Body:
    """A request's body as it arrives. ``size`` is in bytes; ``more``: it is not complete."""

    def __init__(self, receive: Receive) -> None:
        self._receive = self.rest = receive
        self._chunks: list[bytes] = []
        self._replayed = False
        self.size = 0
        self.more = True

    async def next_chunk(self) -> int:
        """Take what arrives next and return its size; raise Gone if the client hung up."""
        message = await self._receive()
        if message["type"] != "http.request":
            raise Gone
        chunk: bytes = message.get("body", b"")
        self._chunks.append(chunk)
        self.size += len(chunk)
        self.more = message.get("more_body", False)
        return len(chunk)

    async def replay(self) -> Message:
        """Be the app's ``receive``: the whole body once, then what the server has to say."""
        if self._replayed:
            return await self._receive()
        self._replayed = True
        whole = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        return {"type": "http.request", "body": whole, "more_body": False}


def _declared(scope: Scope) -> int:
    """Return the Content-Length, or 0 where there is none that is a number."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:18])
    return 0


async def _refuse(
    refusal: _Refusal, scope: Scope, receive: Receive, send: Send, *, finished: bool
) -> None:
    """Answer, then drop the rest of the body for a moment: a client that is cut off while it
    still sends would see a broken connection instead of the answer.
    """
    headers = {"Connection": "close"}
    if refusal.status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "1"
    response = fault(scope, refusal.status, refusal.detail, headers)
    head = {"status": response.status_code, "headers": response.raw_headers}
    await send({"type": "http.response.start", **head})
    await send({"type": "http.response.body", "body": bytes(response.body), "more_body": True})
    waits = any(name == b"expect" for name, _ in scope["headers"])  # it sends nothing more
    if not finished and not waits and refusal.status is not HTTPStatus.REQUEST_TIMEOUT:
        await _drop(receive)
    await send({"type": "http.response.body", "body": b""})


async def _drop(receive: Receive) -> None:
    with contextlib.suppress(TimeoutError):  # time is up: the client has had its chance
        async with asyncio.timeout(LINGER_S):
            while (message := await receive())["type"] == "http.request":
                if not message.get("more_body", False):
                    return
