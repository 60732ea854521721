"""Requests that leave in one piece: the standard library sends a head and a body apart.

The service would wake up twice for them and read them with a clock running: 0.1 ms of a task alone.
"""

import http.client
from typing import Any

from .heads import Answered

JOINED_BYTES = 64 * 1024
"""Requests up to this length are joined; longer ones are not worth the copy."""


class _Whole:
    """What both kinds of connection get: a request is held back until it is complete."""

    _held: list[bytes] | None = None

    def request(self, *arguments: Any, **options: Any) -> None:
        """Send a request; its body must be bytes, pieces of a told length, or nothing."""
        held = self._held = []
        try:
            super().request(*arguments, **options)  # type: ignore[misc]
        finally:
            self._held = None
        if sum(map(len, held)) <= JOINED_BYTES:
            held = [b"".join(held)]
        for piece in held:
            super().send(piece)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        """Hold back a piece of a request."""
        if self._held is None:
            super().send(data)  # type: ignore[misc]
        else:
            self._held.append(data)


class WholeConnection(_Whole, http.client.HTTPConnection):
    """A plain connection."""

    response_class = Answered


class SecureWholeConnection(_Whole, http.client.HTTPSConnection):
    """One over TLS."""

    response_class = Answered
