"""What the link contract needs of the links under test: both ends, by one name.

An adapter's test module brings the fixture ``net``, not started.
"""

import asyncio
from collections.abc import Callable

from gofer.domain.errors import ProtocolViolation
from gofer.domain.ports import FromWorker, Link, Uplink
from gofer.domain.protocol.messages import ToWorker
from tests.support.messages import a_hello

QUEUED = 20
"""How many messages the net's ends must let wait at least."""

DEADLINE_S = 20.0


class Net:
    """A dispatcher's end, which can be stopped and started again, and its workers' ends."""

    def __init__(self, open_link: Callable[[], Link], open_uplink: Callable[[], Uplink]) -> None:
        self._open_link = open_link
        self._open_uplink = open_uplink
        self._uplinks: list[Uplink] = []
        self._link: Link | None = None

    @property
    def link(self) -> Link:
        assert self._link is not None, "the net is not started"
        return self._link

    def start(self) -> None:
        """Open the dispatcher's end, always at the same address."""
        self._link = self._open_link()

    async def stop(self) -> None:
        """Close the dispatcher's end."""
        await self.link.close()
        self._link = None

    def uplink(self) -> Uplink:
        """Open another worker's end."""
        uplink = self._open_uplink()
        self._uplinks.append(uplink)
        return uplink

    async def meet(self, uplink: Uplink, worker: str = "w1") -> bytes:
        """Have a worker say hello; return its address."""
        assert uplink.send(a_hello(worker))
        (arrival,) = await self.arrivals(1)
        assert arrival.message == a_hello(worker)
        return arrival.peer

    async def arrivals(self, count: int) -> list[FromWorker]:
        """Return the next ``count`` messages that the dispatcher receives."""
        arrived: list[FromWorker] = []
        async with asyncio.timeout(DEADLINE_S):
            while len(arrived) < count:
                batch = await self.link.receive()
                assert batch
                arrived += batch
        assert len(arrived) == count
        return arrived

    async def close(self) -> None:
        """Close everything."""
        for uplink in self._uplinks:
            await uplink.close()
        if self._link is not None:
            await self._link.close()


async def heard(uplink: Uplink, count: int) -> list[ToWorker | ProtocolViolation]:
    """Return the next ``count`` messages that a worker receives."""
    messages: list[ToWorker | ProtocolViolation] = []
    async with asyncio.timeout(DEADLINE_S):
        while len(messages) < count:
            batch = await uplink.receive()
            assert batch
            messages += batch
    assert len(messages) == count
    return messages


async def some_turns() -> None:
    """Let whoever is ready run, until it sleeps."""
    for _ in range(10):
        await asyncio.sleep(0)
