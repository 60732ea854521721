"""A server that resets connections, as a balancer without a server behind it: it is away, no more.

On uvloop, as the web service and the dispatcher run: it has errors of its own for closed sockets.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Generator

import pytest
import uvloop

from gofer.adapters.redis.driver import Driver, Timeouts, open_clients
from gofer.adapters.redis.failures import DRIVER_ERRORS
from gofer.adapters.redis.subscription import hear
from gofer.domain.errors import StoreUnavailable

CALLERS, TRIES = 8, 40
NO_LINGER = struct.pack("ii", 1, 0)
"""Closing resets the connection."""

uvloop.new_event_loop().close()  # what the first one opens stays, for all that follow


@pytest.fixture
def url() -> Generator[str]:
    """Give the URL of a server that resets every connection."""

    def serve() -> None:
        while True:
            try:
                opened, _ = listener.accept()
            except OSError:
                return
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            opened.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/1"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(20)


def test_every_call_finds_the_store_away(url: str) -> None:
    async def call() -> None:
        short, blocking = open_clients(url, Timeouts())
        driver = Driver(short, "p", {"script": "return 1"})

        async def each() -> None:
            for _ in range(TRIES):
                with pytest.raises(StoreUnavailable, match="no connection to it"):
                    await driver.call("PING")
                with pytest.raises(StoreUnavailable, match="no connection to it"):
                    await driver.run("script")
                with pytest.raises(StoreUnavailable, match="no connection to it"):
                    await driver.command("INFO")
                with pytest.raises(DRIVER_ERRORS):
                    await hear(blocking, "channel", lambda: None, lambda _: None)

        await asyncio.gather(*[each() for _ in range(CALLERS)])
        await driver.close()
        await blocking.aclose()

    uvloop.run(call())
