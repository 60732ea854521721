"""A TCP forwarder on loopback: one address, and behind it whichever server the test says.

It plays what hides a failover from clients: a virtual address, a name in DNS, a proxy.
"""

import asyncio
import threading
from contextlib import suppress

from tests.support.ports import LOOPBACK


class Forwarder:
    """Forwards each new connection to ``target``, a port; runs in a thread of its own."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._connections: set[asyncio.Task[None]] = set()
        self._listening = threading.Event()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="forwarder")

    def start(self) -> None:
        """Listen; return when somebody may connect."""
        self._thread.start()
        assert self._listening.wait(10)

    def cut(self) -> None:
        """Break off every connection that there is."""
        self._loop.call_soon_threadsafe(self._cut)

    def stop(self) -> None:
        """Break off everything and listen no more."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._forward, LOOPBACK, 0)
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._over.wait()
        server.close()
        self._cut()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _cut(self) -> None:
        for connection in self._connections:
            connection.cancel()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        with suppress(OSError, asyncio.CancelledError):  # either end may go; that is what it is for
            there, back = await asyncio.open_connection(LOOPBACK, self.target)
            try:
                async with asyncio.TaskGroup() as group:
                    ways = [
                        group.create_task(_pump(reader, back)),
                        group.create_task(_pump(there, writer)),
                    ]
                    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                    for way in ways:
                        way.cancel()
            finally:
                back.close()
        writer.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
