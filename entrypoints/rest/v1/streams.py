"""Answers that go on while something happens: plain text, and server-sent events.

A stream ends with its task, with its client, or with this process: a service that leaves says
nothing more, and clients come back to another one where they stopped.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.responses import Response, StreamingResponse

EVENTS = "text/event-stream"
TEXT = "text/plain; charset=utf-8"

HEARTBEAT_S = 15.0
"""So often at least something is sent, so that no proxy takes the stream for dead."""

COMMENT = b": nothing new\n\n"

PAUSE_S = 0.05
"""Between two looks that found nothing new, where waiting for it returned at once."""

_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def event(name: str, data: Any, identifier: str = "") -> bytes:
    """Return one event; ``data`` becomes JSON, on one line."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    head = f"id: {identifier}\n" if identifier else ""
    return f"{head}event: {name}\ndata: {text}\n\n".encode()


def events(parts: AsyncIterator[bytes]) -> Response:
    """Return server-sent events as an answer."""
    return StreamingResponse(parts, media_type=EVENTS, headers=_HEADERS)


def text(parts: AsyncIterator[bytes]) -> Response:
    """Return text that grows as an answer."""
    return StreamingResponse(parts, media_type=TEXT, headers=_HEADERS)


class Quiet:
    """Says when a stream has been silent for so long that a comment is due."""

    def __init__(self, now_s: Callable[[], float] | None = None) -> None:
        self._now_s = now_s or asyncio.get_running_loop().time
        self._said_s = self._now_s()

    def said(self) -> None:
        """Note that something was sent."""
        self._said_s = self._now_s()

    def left_s(self) -> float:
        """Return after how many seconds something is due; 0: now."""
        return max(0.0, self._said_s + HEARTBEAT_S - self._now_s())
