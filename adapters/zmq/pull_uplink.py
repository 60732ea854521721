"""Pull, the worker's end: two REQs in lockstep, one that asks and one that reports.

See ``pull.py`` for what they say. The ask is renewed as soon as it is answered, so that the next
message for this worker finds it waiting; reports gather while one is under way. Nothing here
polls. A report may arrive twice and a reply may be lost: the protocol's numbers sort that out.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable

import zmq

from ...domain.errors import LinkClosed, ProtocolViolation
from ...domain.protocol.messages import ToDispatcher, ToWorker, Welcome
from ...domain.protocol.versions import OURS
from .address import parse_address
from .batch import ASK, KEY_BYTES, REPORT, Pile, pack_request, unpack_reply
from .codec import decode_to_worker, encode, version_of
from .lockstep import Lockstep
from .sockets import Arrival, SocketOptions, close_context, fits, open_context

PATIENCE_S = 10.0
"""How long a reply may take; an ask is answered after 5 s even if there is nothing."""

CLOSE_S = 1.0
"""How long a closing end waits until its last reports are replied to."""

WAITING_MOST = 1_000
"""Messages that may wait for ``receive`` before no more are asked for."""

_DEFAULTS = SocketOptions()


class PullUplink:
    """A worker's end. Each ``reset`` gives it another key, so another address."""

    def __init__(
        self, url: str, *, options: SocketOptions = _DEFAULTS, patience_s: float = PATIENCE_S
    ) -> None:
        """Connect to ``url`` on first use, reachable or not; raise InvalidIdentifier."""
        self._url = parse_address(url)
        self._options = options
        self._patience_s = patience_s
        self._version = OURS.newest
        self._context = open_context()
        self._key = secrets.token_bytes(KEY_BYTES)
        self._ask: Lockstep | None = None
        self._report: Lockstep | None = None
        self._outbox = Pile(options.queued, options.message_bytes)
        self._under_way = 0
        self._inbox: deque[ToWorker | ProtocolViolation] = deque()
        self._arrival = Arrival()
        self._reported = Arrival()
        self._closed = False

    async def receive(self) -> list[ToWorker | ProtocolViolation]:
        """Wait for messages and return all that are there; raise LinkClosed once it is closed."""
        await asyncio.sleep(0)  # other tasks get their turn even if messages never cease
        while not self._closed:
            self._ask_again()
            if self._inbox:
                arrived = list(self._inbox)
                self._inbox.clear()
                return arrived
            await self._arrival.wait()
        raise LinkClosed(f"the link to {self._url} is closed")

    def send(self, message: ToDispatcher) -> bool:
        """Hand a message over; False if too many wait already. It may wait for a connection."""
        frame = encode(message, self._version)
        if self._closed or not fits(frame, self._options) or not self._outbox.put(frame):
            return False
        self._report_more()
        return True

    def reset(self) -> None:
        """Drop what is under way and connect anew."""
        if self._closed:
            return
        self._shut()
        self._outbox.clear()
        self._under_way = 0
        self._inbox.clear()
        self._key = secrets.token_bytes(KEY_BYTES)
        self._ask_again()

    async def close(self) -> None:
        """Send what is under way for at most a second, then close. May be repeated."""
        if not self._closed:
            self._closed = True
            self._arrival.wake()
            await self._empty()
        self._shut()
        await close_context(self._context)

    async def _empty(self) -> None:
        """Wait until the last report is replied to; a dispatcher that is gone gets a second."""
        try:
            async with asyncio.timeout(CLOSE_S):
                while self._outbox:
                    await self._reported.wait()
        except TimeoutError:
            self._outbox.clear()

    def _shut(self) -> None:
        for lockstep in (self._ask, self._report):
            if lockstep is not None:
                lockstep.close()
        self._ask = self._report = None

    # ------------------------------------------------------------ asking

    def _ask_again(self) -> None:
        if self._ask is None:
            self._ask = self._lockstep(self._answered)
        if not self._ask.busy and len(self._inbox) < WAITING_MOST:
            self._ask.request(pack_request(self._key, ASK, []))

    def _answered(self, frames: list[zmq.Frame]) -> None:
        try:
            for frame in unpack_reply(_body(frames)):
                message = decode_to_worker(frame)
                if isinstance(message, Welcome):
                    self._version = OURS.answer(version_of(frame))
                self._inbox.append(message)
        except ProtocolViolation as violation:
            self._inbox.append(violation)
        if self._closed:
            return
        self._ask_again()
        if self._inbox:
            self._arrival.wake()

    # ------------------------------------------------------------ reporting

    def _report_more(self) -> None:
        if self._report is None:
            self._report = self._lockstep(self._replied)
        if self._outbox and not self._report.busy:
            batch = self._outbox.batch()
            self._under_way = len(batch)
            self._report.request(pack_request(self._key, REPORT, batch))

    def _replied(self, _frames: list[zmq.Frame]) -> None:
        """Forget what has arrived; what the reply says is nothing, whoever wrote it."""
        self._outbox.drop(self._under_way)
        self._under_way = 0
        self._report_more()
        self._reported.wake()

    def _lockstep(self, answered: Callable[[list[zmq.Frame]], None]) -> Lockstep:
        return Lockstep(self._context, self._url, self._options, self._patience_s, answered)


def _body(frames: list[zmq.Frame]) -> memoryview:
    if len(frames) != 1:
        raise ProtocolViolation("more than one frame in a reply")
    return frames[0].buffer
