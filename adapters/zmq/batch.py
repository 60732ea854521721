"""What pull's requests and replies carry: any number of messages in one frame.

    request  [key, kind, [message, ...]]   key: 16 random bytes that both REQs of a worker share
    reply    [message, ...]

The messages are frames as ``codec.py`` makes them. As there, no bytes make it raise anything but
ProtocolViolation, and the messages of a batch are views of the frame, not copies.
"""

from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from ...domain.errors import ProtocolViolation

ASK, REPORT = 1, 2
"""Kinds of request: "have you something for me?" (the reply may take a while), "this happened"."""

KEY_BYTES = 16
BATCH_MOST = 10_000
"""Messages in one batch."""

_Messages: TypeAlias = Annotated[list[memoryview], Meta(max_length=BATCH_MOST)]
_Key: TypeAlias = Annotated[bytes, Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
Request: TypeAlias = tuple[_Key, Annotated[int, Meta(ge=ASK, le=REPORT)], _Messages]

_PER_MESSAGE = 5  # what msgpack puts before bytes
_encoder = msgspec.msgpack.Encoder()
_request = msgspec.msgpack.Decoder(Request)
_reply = msgspec.msgpack.Decoder(_Messages)


def pack_request(key: bytes, kind: int, messages: Sequence[bytes]) -> bytes:
    """Return the frame of a request."""
    return _encoder.encode((key, kind, messages))


def pack_reply(messages: Sequence[bytes]) -> bytes:
    """Return the frame of a reply."""
    return _encoder.encode(messages)


def unpack_request(frame: memoryview) -> Request:
    """Return key, kind and messages; raise ProtocolViolation for anything else."""
    try:
        request: Request = _request.decode(frame)
        return request
    except msgspec.MsgspecError as error:
        raise ProtocolViolation(f"a request that is malformed: {error}") from error


def unpack_reply(frame: memoryview) -> list[memoryview]:
    """Return the messages; raise ProtocolViolation for anything else."""
    try:
        messages: list[memoryview] = _reply.decode(frame)
        return messages
    except msgspec.MsgspecError as error:
        raise ProtocolViolation(f"a reply that is malformed: {error}") from error


class Pile:
    """Encoded messages that wait for a frame; taken in batches, in order."""

    def __init__(self, most: int, batch_bytes: int) -> None:
        """Hold up to ``most`` messages; a batch has up to ``batch_bytes``, or is one message."""
        self._most = most
        self._batch_bytes = batch_bytes
        self._messages: deque[bytes] = deque()

    def __len__(self) -> int:
        return len(self._messages)

    def put(self, message: bytes) -> bool:
        """Add a message; False if it is full."""
        if len(self._messages) >= self._most:
            return False
        self._messages.append(message)
        return True

    def batch(self) -> list[bytes]:
        """Return the next batch, which stays here until it is dropped."""
        batch: list[bytes] = []
        size = 0
        for message in islice(self._messages, BATCH_MOST):
            size += len(message) + _PER_MESSAGE
            if batch and size > self._batch_bytes:
                break
            batch.append(message)
        return batch

    def drop(self, count: int) -> None:
        """Forget the first ``count`` messages: they are on their way."""
        for _ in range(count):
            self._messages.popleft()

    def clear(self) -> None:
        """Forget all."""
        self._messages.clear()
