"""Bytes for ``Frames``, handed over as a pipe delivers them."""

from collections.abc import Callable
from typing import TypeVar

from gofer.adapters.processes.frames import Chunk, Frames, Report

Message = TypeVar("Message", Chunk, Report)


def deliver(
    frames: Frames, data: bytes | bytearray, take: Callable[[], list[Message]]
) -> list[Message]:
    """Read ``data`` into the room that there is, until it is at its end; return what ``take`` gave.

    ``take`` is ``frames.reports`` or ``frames.chunks``.
    """
    found: list[Message] = []
    rest = memoryview(data)
    while rest:
        room = frames.room()
        size = min(len(room), len(rest))
        room[:size] = rest[:size]
        frames.filled(size)
        found += take()
        rest = rest[size:]
    return found
