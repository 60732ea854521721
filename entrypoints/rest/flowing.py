"""An answer that is sent while it is being made; its length is known before.

What is sent cannot be taken back. So where the rest does not come the connection is broken off,
which every client can tell from an answer that is complete; the service says why in its log.
"""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ...domain.errors import GoferError
from .filling import SOURCE, Source

log = logging.getLogger("gofer.rest")


class Interrupted(Exception):
    """The rest of an answer does not come."""


class Flowing(Response):
    """A 200 whose ``pieces`` have ``length`` bytes in all.

    Each is sent once the connection has taken what was sent before; so no more is held than a
    piece, and what the kernel keeps for the connection.
    """

    def __init__(self, pieces: AsyncGenerator[bytes], length: int, media_type: str) -> None:
        """Take the body, which is closed at the end, also where the client has gone."""
        super().__init__(None, headers={"content-length": str(length)}, media_type=media_type)
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; where the rest does not come, end the connection."""
        source: Source | None = scope.get(SOURCE)
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        async with aclosing(self._pieces) as pieces:
            try:
                async for piece in pieces:
                    if source is not None and source.transport.is_closing():
                        await _noticed(receive)
                        return
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            except (GoferError, Interrupted) as error:
                log.warning("an answer was broken off: %s", error)
                if source is None:
                    raise
                source.transport.abort()
                await _noticed(receive)
                return
        await send({"type": "http.response.body", "body": b""})


async def _noticed(receive: Receive) -> None:
    """Return once the server has noticed that the connection is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass  # the request itself is told first
