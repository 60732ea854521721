"""Push: the dispatcher sends tasks to its workers. ROUTER to DEALERs, one frame a message.

    worker      [frame]          DEALER, with a random address of its own choosing
    dispatcher  [address, frame] ROUTER

Natural batching: ``receive`` takes all that is there, and never waits for more. The link may
lose messages when a connection breaks; it never delivers to the wrong peer, never blocks, and
says so when a peer is gone or takes no more. What it cannot say: whether a message that it took
has arrived. libzmq keeps up to ``queued`` messages per peer, and the kernel's buffers hold more.
"""

import asyncio
import secrets

import zmq

from ...domain.errors import LinkClosed, ProtocolViolation
from ...domain.ports import FromWorker, Telemetry
from ...domain.protocol.messages import ToDispatcher, ToWorker, Welcome
from ...domain.protocol.versions import OURS
from .address import bind_address, parse_address
from .codec import decode_to_dispatcher, decode_to_worker, encode, version_of
from .offences import Offences
from .sockets import (
    Arrival,
    Socket,
    SocketOptions,
    Watch,
    close_context,
    connect,
    endpoint,
    fits,
    listen,
    open_context,
    receive_addressed,
    receive_frames,
    send_frames,
)
from .spoken import Spoken

RECEIVE_MOST = 1_000
"""Messages that one ``receive`` returns at most, so that a flood does not starve the rest."""

ADDRESS_BYTES = 16
_DEFAULTS = SocketOptions()


class PushLink:
    """The dispatcher's end."""

    def __init__(
        self,
        port: int,
        host: str = "127.0.0.1",
        *,
        telemetry: Telemetry,
        options: SocketOptions = _DEFAULTS,
    ) -> None:
        """Listen on ``host`` and ``port`` (0: any free one); raise AddressUnusable.

        Without ``options.security`` whoever reaches the port can pose as a worker: hosts other
        than the loopback are the operator's explicit choice.
        """
        address = bind_address(host, port)
        self._options = options
        self._telemetry = telemetry
        self._offences = Offences()
        self._spoken = Spoken()
        self._arrival = Arrival()
        self._watch: Watch | None = None
        self._context = open_context()
        try:
            self._socket = listen(self._context, address, options)
        except BaseException:
            self._context.term()
            raise
        self.endpoint = endpoint(self._socket)

    async def receive(self) -> list[FromWorker]:
        """Wait for messages and return all that are there; raise LinkClosed once it is closed."""
        await asyncio.sleep(0)  # other tasks get their turn even if messages never cease
        while True:
            if self._socket.closed:
                raise LinkClosed(f"the link at {self.endpoint} is closed")
            arrived = self._take()
            if arrived:
                return arrived
            if self._watch is None:
                self._watch = Watch(self._socket, self._arrival.wake)
            self._watch.check()
            await self._arrival.wait()

    def send(self, peer: bytes, message: ToWorker) -> bool:
        """Hand a message over; False if the peer is unknown, gone, or has too many waiting."""
        frame = encode(message, self._spoken.of(peer))
        if self._socket.closed or not fits(frame, self._options):
            return False
        taken = send_frames(self._socket, peer, frame)
        if self._watch is not None:
            self._watch.check()
        return taken

    def forget(self, peer: bytes) -> None:
        """Do nothing: libzmq drops what it kept for a peer when its connection ends."""

    async def close(self) -> None:
        """Send what is under way for at most a second, then close. May be repeated."""
        if self._watch is not None:
            self._watch.stop()
        self._socket.close()
        self._arrival.wake()
        await close_context(self._context)

    def _take(self) -> list[FromWorker]:
        arrived: list[FromWorker] = []
        for _ in range(RECEIVE_MOST):
            received = receive_addressed(self._socket, most=1)
            if received is None:
                break
            peer, frames = received
            if self._offences.ignores(peer):
                self._telemetry.count("link.ignored")
                continue
            message = decode_to_dispatcher(frames[0].buffer) if len(frames) == 1 else _too_many()
            if isinstance(message, ProtocolViolation):
                self._offences.note(peer)
                self._telemetry.count("link.violations")
            else:
                self._spoken.note(peer, frames[0].buffer)
            arrived.append(FromWorker(peer, message))
        return arrived


class PushUplink:
    """A worker's end. Each connection attempt after a ``reset`` has an address of its own."""

    def __init__(self, url: str, *, options: SocketOptions = _DEFAULTS) -> None:
        """Begin to connect to ``url``, reachable or not; raise InvalidIdentifier if it is none."""
        self._url = parse_address(url)
        self._options = options
        self._arrival = Arrival()
        self._watch: Watch | None = None
        self._version = OURS.newest
        self._context = open_context()
        self._socket = self._open()

    async def receive(self) -> list[ToWorker | ProtocolViolation]:
        """Wait for messages and return all that are there; raise LinkClosed once it is closed."""
        await asyncio.sleep(0)  # other tasks get their turn even if messages never cease
        while True:
            if self._socket.closed:
                raise LinkClosed(f"the link to {self._url} is closed")
            arrived = self._take()
            if arrived:
                return arrived
            if self._watch is None:
                self._watch = Watch(self._socket, self._arrival.wake)
            self._watch.check()
            await self._arrival.wait()

    def send(self, message: ToDispatcher) -> bool:
        """Hand a message over; False if too many wait already. It may wait for a connection."""
        frame = encode(message, self._version)
        if self._socket.closed or not fits(frame, self._options):
            return False
        taken = send_frames(self._socket, frame)
        if self._watch is not None:
            self._watch.check()
        return taken

    def reset(self) -> None:
        """Drop what is under way and connect anew."""
        if self._socket.closed:
            return
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
        self._socket.close(0)
        self._socket = self._open()
        self._arrival.wake()  # the reader looks at the new socket from now on

    async def close(self) -> None:
        """Send what is under way for at most a second, then close. May be repeated."""
        if self._watch is not None:
            self._watch.stop()
        self._socket.close()
        self._arrival.wake()
        await close_context(self._context)

    def _open(self) -> Socket:
        # Not starting with a zero byte: libzmq keeps such addresses for itself.
        address = b"w" + secrets.token_bytes(ADDRESS_BYTES)
        return connect(self._context, zmq.DEALER, self._url, self._options, routing_id=address)

    def _take(self) -> list[ToWorker | ProtocolViolation]:
        arrived: list[ToWorker | ProtocolViolation] = []
        for _ in range(RECEIVE_MOST):
            frames = receive_frames(self._socket, most=1)
            if frames is None:
                break
            message = decode_to_worker(frames[0].buffer) if len(frames) == 1 else _too_many()
            if isinstance(message, Welcome):
                self._version = OURS.answer(version_of(frames[0].buffer))
            arrived.append(message)
        return arrived


def _too_many() -> ProtocolViolation:
    return ProtocolViolation("more than one frame in a message")
