"""What supervisor and child say to each other, as bytes: a length, then msgpack.

Down, over the channel: Chunk. Up, over the results pipe: Report. Nothing here is ever unpickled:
payloads and results are bytes inside. The supervisor does not trust what comes up, because the
user's code could write to the pipe as well: lengths are bounded and shapes are checked.
"""

import struct
from collections.abc import Callable
from typing import TypeVar

import msgspec

_LENGTH = struct.Struct("<I")


class Chunk(msgspec.Struct, array_like=True, frozen=True):
    """Tasks to run in order: ``(number, digest, payload)``, and the functions that they need.

    ``functions`` are ``(digest, code, entry)``, as in a FunctionBody; ``forget`` lists digests that
    will not be used again.
    """

    functions: list[tuple[str, bytes, str]]
    forget: list[str]
    tasks: list[tuple[int, str, bytes]]


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
    """A task's end. ``retire`` says why the child should not be given another, "" if it may.

    ``typical_ms`` is the run without what only a function's first task pays. Number 0 is the
    child's first word: it is ready.
    """

    number: int
    run_ms: float = 0.0
    typical_ms: float = 0.0
    rss_kb: int = 0
    result: bytes = b""
    trouble: Trouble | None = None
    output: str = ""
    retire: str = ""


_Message = TypeVar("_Message", Chunk, Report)

_encoder = msgspec.msgpack.Encoder()
_chunks = msgspec.msgpack.Decoder(Chunk)
_reports = msgspec.msgpack.Decoder(Report)


def encode(message: Chunk | Report) -> bytearray:
    """Return a message as one frame; payloads are copied once."""
    frame = bytearray(_LENGTH.size)
    _encoder.encode_into(message, frame, _LENGTH.size)
    _LENGTH.pack_into(frame, 0, len(frame) - _LENGTH.size)
    return frame


class Frames:
    """Puts frames together from the pieces that a pipe delivers."""

    def __init__(self, most_bytes: int) -> None:
        """Break at a frame with more than ``most_bytes``."""
        self._most = most_bytes
        self._buffer = bytearray()
        self._broken = ""

    @property
    def partial(self) -> bool:
        """Return whether the beginning of a frame is waiting for its rest."""
        return bool(self._buffer)

    @property
    def broken(self) -> str:
        """Return what was wrong with a message that came, "" as long as all were right."""
        return self._broken

    def feed(self, piece: bytes | bytearray | memoryview) -> None:
        """Add the next piece; nothing is taken any more after a broken message."""
        if not self._broken:
            self._buffer += piece

    def chunks(self) -> list[Chunk]:
        """Return the whole messages that have come down."""
        return self._take(_chunks.decode)

    def reports(self) -> list[Report]:
        """Return the whole messages that have come up."""
        return self._take(_reports.decode)

    def _take(self, decode: Callable[[memoryview], _Message]) -> list[_Message]:
        messages: list[_Message] = []
        start, end = 0, len(self._buffer)
        with memoryview(self._buffer) as view:
            while end - start >= _LENGTH.size:
                (length,) = _LENGTH.unpack_from(view, start)
                if length > self._most:
                    self._broken = f"a message of {length} bytes; the limit is {self._most}"
                    break
                after = start + _LENGTH.size + length
                if after > end:
                    break
                try:
                    messages.append(decode(view[start + _LENGTH.size : after]))
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                    self._broken = str(error)
                    break
                start = after
        if self._broken:
            self._buffer.clear()
        elif start:
            del self._buffer[:start]
        return messages
