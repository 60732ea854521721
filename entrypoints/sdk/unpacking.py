"""Values of msgpack, read one after the other out of bytes that are still arriving.

For the few values around long payloads: each costs some ten times what msgspec takes for a whole
body, and is there as soon as its last byte is.
"""

import struct
from collections.abc import Callable
from typing import Any

import msgspec

_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
_NUMBERS = {
    0xCA: struct.Struct(">f"),
    0xCB: struct.Struct(">d"),
    0xCC: struct.Struct(">B"),
    0xCD: struct.Struct(">H"),
    0xCE: struct.Struct(">I"),
    0xCF: struct.Struct(">Q"),
    0xD0: struct.Struct(">b"),
    0xD1: struct.Struct(">h"),
    0xD2: struct.Struct(">i"),
    0xD3: struct.Struct(">q"),
}
_BINARY, _TEXT, _ARRAY, _MAP, _NOTHING = "binary", "text", "array", "map", ""
_KINDS = {
    **{0x80 + length: (_MAP, -length) for length in range(16)},
    **{0x90 + length: (_ARRAY, -length) for length in range(16)},
    **{0xA0 + length: (_TEXT, -length) for length in range(32)},
    0xC4: (_BINARY, 1),
    0xC5: (_BINARY, 2),
    0xC6: (_BINARY, 4),
    0xD9: (_TEXT, 1),
    0xDA: (_TEXT, 2),
    0xDB: (_TEXT, 4),
    0xDC: (_ARRAY, 2),
    0xDD: (_ARRAY, 4),
    0xDE: (_MAP, 2),
    0xDF: (_MAP, 4),
}
"""By the first byte of a value: what it is, and how many bytes tell its length (or, negative: that
length itself)."""

_HIGHEST_NUMBER, _LOWEST_NUMBER = 0x7F, 0xE0
"""First bytes that are numbers themselves: from 0 on, and below it."""


class Unpacker:
    """Reads values; ``read`` gives exactly so many bytes, or raises what the caller expects."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        """Begin where ``read`` does."""
        self._read = read

    def value(self) -> Any:
        """Return the next value; raise msgspec.DecodeError for what is none of JSON's or bytes."""
        first = self._read(1)[0]
        if first <= _HIGHEST_NUMBER or first >= _LOWEST_NUMBER:
            return first - 0x100 * (first >= _LOWEST_NUMBER)
        if (number := _NUMBERS.get(first)) is not None:
            return number.unpack(self._read(number.size))[0]
        if first in _CONSTANTS:
            return _CONSTANTS[first]
        return self._long(first)

    def _long(self, first: int) -> Any:
        """Return a value that tells its length, by its first byte."""
        kind, told = _KINDS.get(first, (_NOTHING, 0))
        length = int.from_bytes(self._read(told)) if told > 0 else -told
        if kind is _BINARY or kind is _TEXT:
            data = self._read(length)
            return data if kind is _BINARY else data.decode()
        if kind is _ARRAY:
            return [self.value() for _ in range(length)]
        if kind is _MAP:
            return {self.value(): self.value() for _ in range(length)}
        raise msgspec.DecodeError(f"MessagePack data is malformed: a value begins with {first:#x}")
