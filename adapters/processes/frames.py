"""What supervisor and child say to each other, as bytes: a length, then msgpack.

Down, over the channel: Chunk. Up, over the results pipe: Report. Nothing here is ever unpickled:
payloads and results are bytes inside. The supervisor does not trust what comes up, because the
user's code could write to the pipe as well: lengths are bounded and shapes are checked.

A long body is copied as little as possible: it leaves as a piece of its own (``split``), what
arrives is read to where it stays (``room``), and a child opens a payload where it was read.
"""

import struct
from collections.abc import Callable
from typing import TypeVar

import msgspec

APART_BYTES = 64 * 1024
"""Bodies from this length on are worth a system call of their own instead of a copy."""

_ROOM_BYTES = 64 * 1024
"""Read at once where no longer message is expected."""

_LENGTH = struct.Struct("<I")
_LONG_BODY = struct.Struct(">BI")
_BIN_32 = 0xC6
_EMPTY_BODY = b"\xc4\x00"
"""How msgpack writes bytes of any length, and none at all."""


class Chunk(msgspec.Struct, array_like=True, frozen=True):
    """Tasks to run in order: ``(number, digest, payload)``, and the functions that they need.

    ``functions`` are ``(digest, code, entry)``, as in a FunctionBody; ``forget`` lists digests that
    will not be used again.
    """

    functions: list[tuple[str, bytes, str]]
    forget: list[str]
    tasks: list[tuple[int, str, bytes | memoryview]]


class _Copied(Chunk, array_like=True, frozen=True):
    """A chunk whose payloads are its own."""

    tasks: list[tuple[int, str, bytes]]  # type: ignore[assignment]


class _Lent(Chunk, array_like=True, frozen=True):
    """A chunk whose payloads are parts of the message that came."""

    tasks: list[tuple[int, str, memoryview]]  # type: ignore[assignment]


class Trouble(msgspec.Struct, array_like=True, frozen=True):
    """How a task failed, as the child saw it; the texts are bounded."""

    cause: str
    type: str
    message: str
    traceback: str = ""
    exception: bytes = b""
    exit_code: int | None = None
    signal: int | None = None


class Report(msgspec.Struct, array_like=True, frozen=True):
    """A task's end. ``typical_ms`` is the run without what only a function's first task pays.

    Number 0 is the child's first word: it is ready. With ``retire`` it is the last, and says why
    the child is not to be given another task.
    """

    number: int
    run_ms: float = 0.0
    typical_ms: float = 0.0
    rss_kb: int = 0
    trouble: Trouble | None = None
    output: str = ""
    retire: str = ""
    result: bytes = b""


_Message = TypeVar("_Message", Chunk, Report)

_encoder = msgspec.msgpack.Encoder()
_copied = msgspec.msgpack.Decoder(_Copied)
_lent = msgspec.msgpack.Decoder(_Lent)
_reports = msgspec.msgpack.Decoder(Report)


def encode(message: Chunk | Report) -> bytearray:
    """Return a message as one frame; payloads are copied once."""
    frame = bytearray(_LENGTH.size)
    _encoder.encode_into(message, frame, _LENGTH.size)
    _LENGTH.pack_into(frame, 0, len(frame) - _LENGTH.size)
    return frame


def split(message: Chunk | Report, body: bytes | memoryview) -> tuple[bytes, bytes | memoryview]:
    """Return a message that ends with an empty body as a frame that ends with ``body``.

    In two pieces, of which the second is ``body`` itself.
    """
    head = _encoder.encode(message).removesuffix(_EMPTY_BODY) + _LONG_BODY.pack(_BIN_32, len(body))
    return _LENGTH.pack(len(head) + len(body)) + head, body


class Frames:
    """Puts frames together from the pieces that a pipe delivers: each is read into ``room``.

    A frame that is longer than what is read at once gets memory of its own, of just its length.
    """

    def __init__(self, most_bytes: int) -> None:
        """Break at a frame with more than ``most_bytes``."""
        self._most = most_bytes
        self._shared = self._buffer = bytearray(_ROOM_BYTES)
        self._end = 0
        self._broken = ""

    @property
    def partial(self) -> bool:
        """Return whether the beginning of a frame is waiting for its rest."""
        return self._end > 0

    @property
    def broken(self) -> str:
        """Return what was wrong with a message that came, "" as long as all were right."""
        return self._broken

    def room(self) -> memoryview:
        """Return where the next piece belongs; never empty once the messages have been taken."""
        return memoryview(self._buffer)[self._end :]

    def filled(self, size: int) -> None:
        """Take note of the next piece; nothing is taken any more after a broken message."""
        if not self._broken:
            self._end += size

    def chunks(self) -> list[Chunk]:
        """Return the whole messages that have come down.

        The payload of a long one is part of what was read, and copied by whoever opens it.
        """
        return self._take((_copied if self._buffer is self._shared else _lent).decode)

    def reports(self) -> list[Report]:
        """Return the whole messages that have come up."""
        return self._take(_reports.decode)

    def _take(self, decode: Callable[[memoryview], _Message]) -> list[_Message]:
        messages: list[_Message] = []
        start, length = 0, 0
        view = memoryview(self._buffer)[: self._end]
        while self._end - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(view, start)
            if length > self._most:
                self._broken = f"a message of {length} bytes; the limit is {self._most}"
                break
            after = start + _LENGTH.size + length
            if after > self._end:
                break
            try:
                messages.append(decode(view[start + _LENGTH.size : after]))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                self._broken = str(error)
                break
            start, length = after, 0
        self._keep(view[start:] if not self._broken else b"", _LENGTH.size + length)
        return messages

    def _keep(self, rest: memoryview | bytes, length: int) -> None:
        """Keep the beginning of a frame that will be so long, where there is room for all of it."""
        self._end = len(rest)
        if not rest:
            self._buffer = self._shared
        elif length > len(self._buffer):
            self._buffer = bytearray(length)
            self._buffer[: self._end] = rest
        elif self._buffer is self._shared:
            self._buffer[: self._end] = bytes(rest)  # to its beginning: they may overlap
