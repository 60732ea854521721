"""How our sockets are made, and how they live on an event loop.

Plain sockets with ``loop.add_reader`` instead of ``zmq.asyncio``, which costs several times as
much per message. libzmq's file descriptor is edge-triggered and says only "look again": whoever
has received or sent must ask EVENTS anew, or may sleep through a message. ``Watch`` does that.
One context a link, so that closing a link waits for its own messages and for nobody else's.
"""

import asyncio
import errno
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias, cast

import zmq

from ...domain.errors import AddressUnusable
from .address import is_ipv6

Socket: TypeAlias = "zmq.Socket[bytes]"
Context: TypeAlias = "zmq.Context[zmq.Socket[bytes]]"

LINGER_MS = 1_000
"""How long a closing link may go on sending."""

ENVELOPE_BYTES = 1_024
"""What a batch's frame may have on top of the largest message."""

_log = logging.getLogger(__name__)
_POLLIN = int(zmq.POLLIN)  # plain numbers: operators of enumerations cost as much as a message
_DONTWAIT = int(zmq.DONTWAIT)
_DONTWAIT_MORE = int(zmq.DONTWAIT | zmq.SNDMORE)


class Security(Protocol):
    """Where encryption and authentication are set up (CURVE); without one there is none."""

    def secure_server(self, socket: Socket) -> None:
        """Prepare a socket that is about to bind."""
        ...

    def secure_client(self, socket: Socket) -> None:
        """Prepare a socket that is about to connect."""
        ...


@dataclass(frozen=True, slots=True)
class SocketOptions:
    """What the operator may want to change about every socket of a link.

    ``message_bytes`` is the largest message that is taken or sent: a connection that brings a
    larger one is cut. Two bodies of 16 MiB (a function and a payload) must fit. ``queued`` is
    how many messages wait per peer and direction before ``send`` answers False.
    """

    message_bytes: int = 64 * 1024 * 1024
    queued: int = 1_000
    security: Security | None = None


def open_context() -> Context:
    """Return a context with one I/O thread: it moves gigabytes a second."""
    return zmq.Context(io_threads=1)


async def close_context(context: Context) -> None:
    """Wait until all sockets (closed before) have sent what they had, for at most LINGER_MS."""
    await asyncio.to_thread(context.term)


def listen(context: Context, address: str, options: SocketOptions) -> Socket:
    """Return a bound ROUTER that refuses, instead of dropping, what it cannot deliver.

    No handover: a second peer that claims a connected peer's address is ignored. Raises
    AddressUnusable.
    """
    socket = context.socket(zmq.ROUTER)
    _prepare(socket, options, address)
    socket.set(zmq.ROUTER_MANDATORY, 1)
    if options.security is not None:
        options.security.secure_server(socket)
    try:
        socket.bind(address)
    except zmq.ZMQError as error:
        socket.close(0)
        raise AddressUnusable(address, advice(error)) from error
    return socket


def endpoint(socket: Socket) -> str:
    """Return where a bound socket listens, with the port that the system chose."""
    return socket.get_string(zmq.LAST_ENDPOINT)


def connect(
    context: Context, kind: int, address: str, options: SocketOptions, *, routing_id: bytes = b""
) -> Socket:
    """Return a DEALER or REQ that connects, again and again, to ``address``.

    Messages wait for the first connection, and for the next one after it broke.
    """
    socket = context.socket(kind)
    _prepare(socket, options, address)
    socket.set(zmq.RECONNECT_IVL, 100)
    socket.set(zmq.RECONNECT_IVL_MAX, 1_000)
    if routing_id:
        socket.set(zmq.ROUTING_ID, routing_id)
    if options.security is not None:
        options.security.secure_client(socket)
    socket.connect(address)
    return socket


def _prepare(socket: Socket, options: SocketOptions, address: str) -> None:
    socket.set(zmq.LINGER, LINGER_MS)  # the default is for ever: a goodbye to nobody would hang
    socket.set(zmq.SNDHWM, options.queued)
    socket.set(zmq.RCVHWM, options.queued)
    socket.set(zmq.MAXMSGSIZE, options.message_bytes + ENVELOPE_BYTES)
    socket.set(zmq.IPV6, int(is_ipv6(address)))
    # Half-open connections are found and cut, but not soon: while a large message is on its way
    # over a slow line no heartbeat gets through. The protocol's own beats are the quick ones.
    socket.set(zmq.HEARTBEAT_IVL, 5_000)
    socket.set(zmq.HEARTBEAT_TIMEOUT, 30_000)
    socket.set(zmq.HEARTBEAT_TTL, 30_000)
    socket.set(zmq.TCP_KEEPALIVE, 1)
    socket.set(zmq.TCP_KEEPALIVE_IDLE, 30)
    socket.set(zmq.TCP_KEEPALIVE_INTVL, 10)
    socket.set(zmq.TCP_KEEPALIVE_CNT, 3)


def advice(error: zmq.ZMQError) -> str:
    """Return why a socket cannot bind, and what to do about it."""
    match error.errno:
        case errno.EADDRINUSE:
            return "another process listens there; stop it, or choose another port"
        case errno.EADDRNOTAVAIL | errno.ENODEV:
            return "no network interface of this machine has this address; use one that has, or *"
        case errno.EACCES | errno.EPERM:
            return "the system does not allow it; choose a port from 1024 to 65535"
        case _:
            return f"{error.strerror}; expected an address of this machine and a free port"


def fits(frame: bytes, options: SocketOptions) -> bool:
    """Tell whether the other side takes a message of this size; log it if not."""
    if len(frame) <= options.message_bytes:
        return True
    _log.error(
        "a message of %d bytes was not sent: the limit is %d", len(frame), options.message_bytes
    )
    return False


class Watch:
    """Calls ``ready`` on the running loop whenever ``socket`` has something to read.

    ``ready`` is called again only after ``check``: call it after every send, and after every
    receive that did not run into "nothing there". Stop it before the socket is closed.
    """

    def __init__(self, socket: Socket, ready: Callable[[], None]) -> None:
        """Begin to watch; must be called on the loop."""
        self._socket = socket
        self._ready = ready
        self._loop = asyncio.get_running_loop()
        self._descriptor = int(socket.get(zmq.FD))
        self._loop.add_reader(self._descriptor, self.check)
        self.check()

    def check(self) -> None:
        """Ask the socket (which also does its pending work), and call ``ready`` soon if need be."""
        if has_messages(self._socket):
            self._loop.call_soon(self._ready)

    def stop(self) -> None:
        """Watch no more; a call that is on its way may still come."""
        self._loop.remove_reader(self._descriptor)


class Arrival:
    """Lets one reader sleep until somebody says that there may be something."""

    def __init__(self) -> None:
        self._sleeper: asyncio.Future[None] | None = None

    def wake(self) -> None:
        """Wake the reader, if it sleeps."""
        if self._sleeper is not None and not self._sleeper.done():
            self._sleeper.set_result(None)

    async def wait(self) -> None:
        """Sleep until ``wake``; may be cancelled, and then nothing is lost."""
        self._sleeper = asyncio.get_running_loop().create_future()
        try:
            await self._sleeper
        finally:
            self._sleeper = None


def has_messages(socket: Socket) -> bool:
    """Tell whether a message can be received without waiting; False for a closed socket."""
    return not socket.closed and bool(cast("int", socket.get(zmq.EVENTS)) & _POLLIN)


def receive_frames(socket: Socket, most: int) -> list[zmq.Frame] | None:
    """Return one message's frames, or None if there is none; of too many, ``most`` + 1.

    The frames are libzmq's own memory: nothing is copied.
    """
    try:
        first = socket.recv(_DONTWAIT, copy=False)
    except zmq.Again:
        return None
    return _with_the_rest(socket, first, most)


def receive_addressed(socket: Socket, most: int) -> tuple[bytes, list[zmq.Frame]] | None:
    """Return a ROUTER's next message with its sender's address; otherwise as ``receive_frames``."""
    try:
        address = socket.recv(_DONTWAIT)
    except zmq.Again:
        return None
    return address, _with_the_rest(socket, socket.recv(_DONTWAIT, copy=False), most)


def send_frames(socket: Socket, *frames: bytes) -> bool:
    """Send a message without waiting; False if its receiver is unknown, gone, or has its fill.

    A "has its fill" is asked twice: libzmq looks only once a millisecond or so at the news that
    the other side has taken messages, unless it is asked for EVENTS.
    """
    if _try_to_send(socket, frames):
        return True
    socket.get(zmq.EVENTS)
    return _try_to_send(socket, frames)


def _try_to_send(socket: Socket, frames: tuple[bytes, ...]) -> bool:
    try:
        for frame in frames[:-1]:
            socket.send(frame, _DONTWAIT_MORE)
        socket.send(frames[-1], _DONTWAIT)
    except zmq.ZMQError as error:
        if error.errno in (zmq.EHOSTUNREACH, zmq.EAGAIN):
            return False  # the first frame decides for all: none of the message was sent
        raise
    return True


def _with_the_rest(socket: Socket, first: zmq.Frame, most: int) -> list[zmq.Frame]:
    frames = [first]
    more = first.more
    while more:
        frame = socket.recv(_DONTWAIT, copy=False)
        more = frame.more
        if len(frames) <= most:
            frames.append(frame)
    return frames
