"""A REQ socket that never gets stuck: request, reply, request, reply, across broken connections.

A REQ whose reply is lost waits for ever, and so would its worker. This one is thrown away, and
its request sent again by a new one, when the connection breaks or no reply comes in time (the
"lazy pirate"). A new socket has a new address at the other end, so that a late reply to the old
one reaches nobody. A request may thus arrive twice; it must never be given up silently.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import zmq

from .sockets import Context, Socket, SocketOptions, Watch, connect, receive_frames

RETRY_S = 0.1
"""Pause before a request is sent again over a new socket."""


class Lockstep:
    """One request at a time to one address; lives on the running loop."""

    def __init__(
        self,
        context: Context,
        address: str,
        options: SocketOptions,
        patience_s: float,
        answered: Callable[[list[zmq.Frame]], None],
    ) -> None:
        """Begin to connect; ``answered`` is called with the frames of each reply."""
        self._context = context
        self._address = address
        self._options = options
        self._patience_s = patience_s
        self._answered = answered
        self._loop = asyncio.get_running_loop()
        self._request: bytes | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._open()

    @property
    def busy(self) -> bool:
        """Tell whether a request is under way."""
        return self._request is not None

    def request(self, body: bytes) -> None:
        """Send a request; none may be under way."""
        if self._request is not None:
            raise ValueError("a request is under way already")
        self._request = body
        self._send()

    def close(self) -> None:
        """Drop what is under way and close."""
        self._request = None
        self._shut()

    def _send(self) -> None:
        if self._request is not None:
            self._socket.send(self._request, zmq.DONTWAIT)
            self._timer = self._loop.call_later(self._patience_s, self._renew)
            self._watch.check()

    def _receive(self) -> None:
        """Take the reply, if it is there."""
        frames = None
        if self._request is not None and not self._socket.closed:
            frames = receive_frames(self._socket, most=1)
        if frames is None:
            return
        self._cancel_timer()
        self._request = None
        self._answered(frames)

    def _lost(self) -> None:
        """Learn that the connection broke: the reply can no longer come this way.

        The socket goes at once: libzmq would connect it anew by itself, might still have the
        request to send, and the reply to that would be lost with the socket a moment later.
        """
        broken = False
        with suppress(zmq.Again):  # read until nothing is left: what they say is always the same
            while not self._monitor.closed:
                self._monitor.recv_multipart(zmq.DONTWAIT)
                broken = True
        if broken:
            self._receive()  # a reply that came before the connection broke
        if broken and self._request is not None:
            self._shut()
            self._timer = self._loop.call_later(RETRY_S, self._renew)

    def _renew(self) -> None:
        self._shut()
        self._open()
        self._send()

    def _open(self) -> None:
        self._socket: Socket = connect(self._context, zmq.REQ, self._address, self._options)
        self._socket.set(zmq.LINGER, 0)
        self._monitor: Socket = self._socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self._watch = Watch(self._socket, self._receive)
        self._monitor_watch = Watch(self._monitor, self._lost)

    def _shut(self) -> None:
        self._cancel_timer()
        if self._socket.closed:
            return
        self._watch.stop()
        self._monitor_watch.stop()
        self._socket.disable_monitor()
        self._monitor.close(0)
        self._socket.close(0)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
