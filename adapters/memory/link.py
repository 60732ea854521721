"""A link within one process: the dispatcher and its workers on one event loop.

Local mode runs on it in production, tests run on it everywhere. Messages are handed over as the
objects they are, in order, and nothing is lost unless an end is closed or reset. It must never
call back into whoever sends: messages wait until they are asked for. ``network.py`` is the
faulty kind, for simulations in simulated time.
"""

import asyncio
from collections import deque
from itertools import count
from typing import Generic, TypeVar

from ...domain.errors import LinkClosed, ProtocolViolation
from ...domain.ports import FromWorker
from ...domain.protocol.messages import ToDispatcher, ToWorker

WAITING_MOST = 10_000
"""Messages that may wait at one end before ``send`` answers False."""

T = TypeVar("T")


class MemoryHub:
    """What both ends hold on to: makes the dispatcher's end, and any number of workers' ends.

    Messages that are sent while there is no dispatcher's end wait for the next one.
    """

    def __init__(self, waiting_most: int = WAITING_MOST) -> None:
        """Let at most ``waiting_most`` messages wait at each end."""
        self._waiting_most = waiting_most
        self._numbers = count(1)
        self.inbox: _Mailbox[FromWorker] = _Mailbox(waiting_most)
        self.peers: dict[bytes, _Mailbox[ToWorker]] = {}
        self._link: MemoryLink | None = None

    def link(self) -> "MemoryLink":
        """Return a new dispatcher's end; the one before, if any, is dead: a restart."""
        if self._link is not None:
            self._link.shut()
        self._link = MemoryLink(self)
        return self._link

    def uplink(self) -> "MemoryUplink":
        """Return a new worker's end."""
        return MemoryUplink(self)

    def join(self) -> tuple[bytes, "_Mailbox[ToWorker]"]:
        """Return a new peer's address and mailbox, known to the dispatcher's end."""
        peer = b"memory-%d" % next(self._numbers)
        mailbox: _Mailbox[ToWorker] = _Mailbox(self._waiting_most)
        self.peers[peer] = mailbox
        return peer, mailbox

    def renew_inbox(self) -> None:
        """Close the dispatcher's inbox, and begin another for the next dispatcher."""
        self.inbox.close()
        self.inbox = _Mailbox(self._waiting_most)


class MemoryLink:
    """The dispatcher's end; made by ``MemoryHub.link``."""

    def __init__(self, hub: MemoryHub) -> None:
        self._hub = hub
        self._inbox = hub.inbox
        self.endpoint = "memory"

    async def receive(self) -> list[FromWorker]:
        """Wait for messages and return all that are there; raise LinkClosed once it is closed."""
        return await self._inbox.take()

    def send(self, peer: bytes, message: ToWorker) -> bool:
        """Hand a message over; False if the peer is gone or has too many waiting."""
        mailbox = self._hub.peers.get(peer)
        return not self._inbox.closed and mailbox is not None and mailbox.put(message)

    def forget(self, peer: bytes) -> None:
        """Give up a peer; should it speak again after all, it is known again."""
        self._hub.peers.pop(peer, None)

    async def close(self) -> None:
        """Close this end; what it has not received is lost. May be repeated."""
        self.shut()

    def shut(self) -> None:
        """Close without waiting: there is nothing to wait for."""
        if not self._inbox.closed:
            self._hub.renew_inbox()


class MemoryUplink:
    """A worker's end; made by ``MemoryHub.uplink``."""

    def __init__(self, hub: MemoryHub) -> None:
        self._hub = hub
        self._closed = False
        self._peer, self._mailbox = hub.join()

    async def receive(self) -> list[ToWorker | ProtocolViolation]:
        """Wait for messages and return all that are there; raise LinkClosed once it is closed."""
        while True:
            mailbox = self._mailbox
            try:
                return [*await mailbox.take()]
            except LinkClosed:
                if self._closed:
                    raise  # else it was reset meanwhile: go on with the new mailbox

    def send(self, message: ToDispatcher) -> bool:
        """Hand a message over; False if too many wait or this end is closed."""
        if self._closed:
            return False
        self._hub.peers[self._peer] = self._mailbox
        return self._hub.inbox.put(FromWorker(self._peer, message))

    def reset(self) -> None:
        """Drop what waits for this worker, and come back under another address."""
        if self._closed:
            return
        self._leave()
        self._peer, self._mailbox = self._hub.join()

    async def close(self) -> None:
        """Leave; what was sent stays with the dispatcher. May be repeated."""
        if not self._closed:
            self._closed = True
            self._leave()

    def _leave(self) -> None:
        self._hub.peers.pop(self._peer, None)
        self._mailbox.close()


class _Mailbox(Generic[T]):
    """Messages that wait for one reader, in order."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._messages: deque[T] = deque()
        self._arrival: asyncio.Future[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None  # the reader's; to ask costs a call
        self.closed = False

    def put(self, message: T) -> bool:
        """Add a message; False if it is full or closed."""
        if self.closed or len(self._messages) >= self._most:
            return False
        self._messages.append(message)
        self._wake()
        return True

    async def take(self) -> list[T]:
        """Wait until there is something, and take all; raise LinkClosed once it is closed."""
        if self._messages:
            await asyncio.sleep(0)  # other tasks get their turn even if messages never cease
        while not self._messages:
            if self.closed:
                raise LinkClosed("this end of the link is closed")
            if self._loop is None:
                self._loop = asyncio.get_running_loop()
            self._arrival = self._loop.create_future()
            try:
                await self._arrival
            finally:
                self._arrival = None
        taken = list(self._messages)
        self._messages.clear()
        return taken

    def close(self) -> None:
        """Drop what waits, and tell the reader."""
        self.closed = True
        self._messages.clear()
        self._wake()

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)
