"""Pull, the dispatcher's end: workers ask for tasks, REQ to a ROUTER that speaks as REPs would.

    worker      REQ "ask"     kept outstanding: the reply is held until there is something for it
                REQ "report"  batches what the worker has to say; replied to at once, with nothing
    dispatcher  [address, empty, request] in, [address, empty, reply] out   ROUTER

A ROUTER, because a REP must answer each request before it can read the next. Both REQs of a worker
show the same random key, which is the ``peer`` of the port; to the worker everything goes by the
replies to its asks, so that it stays in order. No request waits for a poll: a message for a
worker goes out at once if its ask is here, and with the next ask if not. An ask is answered with
nothing after HOLD_S, which tells both ends that the connection lives.

The link may lose a reply when a connection breaks; it never delivers to the wrong peer and never
blocks. Whether a reply has arrived it cannot say.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

import zmq

from ...domain.errors import LinkClosed, ProtocolViolation
from ...domain.ports import FromWorker, Telemetry
from ...domain.protocol.messages import ToWorker
from .address import bind_address
from .batch import ASK, Pile, pack_reply, unpack_request
from .codec import decode_to_dispatcher, encode
from .offences import Offences
from .sockets import (
    Arrival,
    SocketOptions,
    Watch,
    close_context,
    endpoint,
    fits,
    listen,
    open_context,
    receive_addressed,
    send_frames,
)
from .spoken import Spoken

HOLD_S = 5.0
"""How long an ask waits for something to come before it is answered with nothing."""

GONE_S = 30.0
"""After this silence what is kept for a worker is given up."""

SWEEP_S = 1.0
"""How often holds and silences are looked at."""

CLOSE_S = 1.0
"""How long a closing link waits for the asks that take away what is left."""

PEERS_MOST = 10_000
"""Workers that are known at once: requests of further ones are dropped."""

WAITING_MOST = 10_000
"""Messages that may wait for ``receive`` before requests are left in the socket."""

_NOTHING = pack_reply([])
_DEFAULTS = SocketOptions()


@dataclass(slots=True)
class _Worker:
    """What is kept for a worker: where its ask came from, since when, and what waits for it."""

    pile: Pile
    heard_s: float
    ask: bytes | None = None
    asked_s: float = 0.0


class PullLink:
    """The dispatcher's end."""

    def __init__(
        self,
        port: int,
        host: str = "127.0.0.1",
        *,
        telemetry: Telemetry,
        options: SocketOptions = _DEFAULTS,
        hold_s: float = HOLD_S,
    ) -> None:
        """Listen on ``host`` and ``port`` (0: any free one); raise AddressUnusable.

        ``hold_s`` must be well below the workers' patience. Without ``options.security`` whoever
        reaches the port can pose as a worker: hosts other than the loopback are the operator's
        explicit choice.
        """
        address = bind_address(host, port)
        self._options = options
        self._telemetry = telemetry
        self._hold_s = hold_s
        self._offences = Offences()
        self._spoken = Spoken()
        self._workers: dict[bytes, _Worker] = {}
        self._inbox: deque[FromWorker] = deque()
        self._arrival = Arrival()
        self._emptied = Arrival()
        self._watch: Watch | None = None
        self._sweeper: asyncio.TimerHandle | None = None
        self._closing = False
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
        if self._watch is None and not self._closing:
            self._watch = Watch(self._socket, self._read)
            self._sweep()
        while not self._closing:
            self._check()
            if self._inbox:
                arrived = list(self._inbox)
                self._inbox.clear()
                return arrived
            await self._arrival.wait()
        raise LinkClosed(f"the link at {self.endpoint} is closed")

    def send(self, peer: bytes, message: ToWorker) -> bool:
        """Hand a message over; False if the peer is unknown, long gone, or has too many waiting."""
        worker = self._workers.get(peer)
        frame = encode(message, self._spoken.of(peer))
        if worker is None or self._closing or not fits(frame, self._options):
            return False
        taken = worker.pile.put(frame)
        self._answer(worker)
        self._check()
        return taken

    def forget(self, peer: bytes) -> None:
        """Give up what waits for a peer. Should it live after all, it may ask again."""
        worker = self._workers.pop(peer, None)
        if worker is not None:
            worker.pile.clear()
            self._release(worker)
            self._check()

    async def close(self) -> None:
        """Send what is under way for at most a second, then close. May be repeated."""
        if not self._closing:
            self._closing = True
            self._arrival.wake()
            await self._empty()
        if self._sweeper is not None:
            self._sweeper.cancel()
        if self._watch is not None:
            self._watch.stop()
        self._socket.close()
        await close_context(self._context)

    async def _empty(self) -> None:
        """Wait until the asks of those who live have taken all that is left for them."""
        try:
            async with asyncio.timeout(CLOSE_S):
                while self._watch is not None and any(w.pile for w in self._workers.values()):
                    await self._emptied.wait()
        except TimeoutError:
            self._telemetry.count("link.left_behind")

    def _check(self) -> None:
        """Look whether requests have come while something was sent."""
        if self._watch is not None:
            self._watch.check()

    # ------------------------------------------------------------ requests

    def _read(self) -> None:
        """Read all requests that are there, unless ``receive`` cannot keep up."""
        while not self._socket.closed and len(self._inbox) < WAITING_MOST:
            received = receive_addressed(self._socket, most=2)
            if received is None:
                break
            address, frames = received
            if self._offences.ignores(address):
                self._telemetry.count("link.ignored")
                continue
            try:
                self._on_request(address, frames)
            except ProtocolViolation as violation:
                self._offences.note(address)
                self._telemetry.count("link.violations")
                self._inbox.append(FromWorker(address, violation))
        if self._inbox:
            self._arrival.wake()

    def _on_request(self, address: bytes, frames: list[zmq.Frame]) -> None:
        if len(frames) != 2 or frames[0].bytes:  # noqa: PLR2004 - an empty frame and the body
            raise ProtocolViolation("a message that is no request of a REQ")
        key, kind, messages = unpack_request(frames[1].buffer)
        if self._offences.ignores(key):
            self._telemetry.count("link.ignored")
            return
        now_s = asyncio.get_running_loop().time()
        worker = self._workers.get(key)
        if worker is None:
            if len(self._workers) >= PEERS_MOST:
                self._telemetry.count("link.ignored")
                return
            worker = _Worker(Pile(self._options.queued, self._options.message_bytes), now_s)
            self._workers[key] = worker
        worker.heard_s = now_s
        if kind == ASK:
            worker.ask, worker.asked_s = address, now_s
            self._answer(worker)
        else:
            send_frames(self._socket, address, b"", _NOTHING)
        for message in messages:
            self._on_message(key, message)

    def _on_message(self, key: bytes, frame: memoryview) -> None:
        message = decode_to_dispatcher(frame)
        if isinstance(message, ProtocolViolation):
            self._offences.note(key)
            self._telemetry.count("link.violations")
        else:
            self._spoken.note(key, frame)
        self._inbox.append(FromWorker(key, message))

    # ------------------------------------------------------------ replies

    def _answer(self, worker: _Worker) -> None:
        """Give a worker what waits for it, if its ask is here; a broken connection keeps it."""
        if worker.ask is None or not worker.pile:
            return
        batch = worker.pile.batch()
        if send_frames(self._socket, worker.ask, b"", pack_reply(batch)):
            worker.pile.drop(len(batch))
            self._emptied.wake()
        worker.ask = None

    def _release(self, worker: _Worker) -> None:
        """Answer an ask with nothing."""
        if worker.ask is not None and not self._socket.closed:
            send_frames(self._socket, worker.ask, b"", _NOTHING)
        worker.ask = None

    def _sweep(self) -> None:
        """Release asks that have waited long, and forget workers that are silent for longer."""
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        for key, worker in list(self._workers.items()):
            if worker.ask is not None and now_s - worker.asked_s >= self._hold_s:
                self._release(worker)
            elif now_s - worker.heard_s >= GONE_S:
                self.forget(key)
        self._check()
        self._sweeper = loop.call_later(SWEEP_S, self._sweep)
