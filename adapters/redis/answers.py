"""A server's answers, cut out of the bytes that arrive: RESP 2, as our commands are answered.

A long string is read to where it stays. What has come of it when its length is known is copied
once; whoever holds the socket may read the rest of it straight into ``room``.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from redis import exceptions

LONG_BYTES = 64 * 1024
"""Strings of which so much is still to come get memory of their own, of just their length."""

_HEAD_BYTES = 64
"""Between two long strings: the end of one line, the next one's length, and little of itself."""

_LINE_END = 2
_STRING = b"$"[0]


class Reader:
    """Cuts what arrives into answers: texts, numbers, errors, strings, and lists of these."""

    def __init__(self, answered: Callable[[Any], None]) -> None:
        """Take what is called with each answer."""
        self._answered = answered
        self._rest = b""
        self._list: list[Any] | None = None
        self._length = 0
        self._missing = 0
        self._parts: list[bytes] = []
        self._long: _Long | None = None

    def feed(self, data: bytes) -> None:
        """Take the next bytes; raise ValueError for what is no answer."""
        if self._long is not None:
            data = self._more(self._long, data)
        elif self._missing:
            data = self._part(data)
        elif self._rest:
            data, self._rest = self._rest + data, b""
        at, size = 0, len(data)
        while at < size:
            end = data.find(b"\r\n", at)
            if end < 0:
                self._rest = data[at:]
                return
            start = end + _LINE_END
            if data[at] != _STRING:
                self._take_line(data[at : at + 1], data[at + 1 : end])
                at = start
                continue
            length = int(data[at + 1 : end])
            at = start + length + _LINE_END if length >= 0 else start
            if at > size:  # the rest of it is still to come
                self._begin(length, data, start)
                return
            item = data[start : start + length] if length >= 0 else None
            items = self._list
            if items is not None and len(items) + 1 < self._length:  # spares a call for each
                items.append(item)
            else:
                self._take(item)

    # ------------------------------------------------------------ long strings

    @property
    def awaits(self) -> bool:
        """Tell whether the rest of a long string, or what is between two, is to come: see room."""
        return self._long is not None

    def room(self) -> memoryview:
        """Return where the next bytes belong, while it ``awaits``; never empty."""
        assert self._long is not None, "there is room for a long string only"  # noqa: S101
        return self._long.room()

    def filled(self, size: int) -> None:
        """Take note of bytes that were read into ``room``; raise ValueError as ``feed``."""
        if self._long is not None and (told := self._long.filled(size)):
            self.feed(told)

    def _begin(self, length: int, data: bytes, start: int) -> None:
        """Begin a string of which the rest is still to come."""
        self._missing = start + length + _LINE_END - len(data)
        if self._missing < LONG_BYTES:
            self._parts = [data[start:]]
            return
        self._long = _Long(length)
        self._long.take(data, start)

    def _more(self, long: "_Long", data: bytes) -> bytes:
        """Take more of a long string; return what comes behind it and the end of its line."""
        taken = long.take(data, 0)
        if (behind := len(data) - taken) < long.line_end:
            long.line_end -= behind
            return b""
        self._long, self._missing = None, 0
        left = data[taken + long.line_end :]
        self._take(long.whole())
        return left

    def _part(self, data: bytes) -> bytes:
        """Take more of a string that came in part; return what comes behind it."""
        taken, left = data[: self._missing], data[self._missing :]
        self._missing -= len(taken)
        self._parts.append(taken)
        if not self._missing:
            # its line ends with it: cut that from the last parts, and the whole is copied once
            ends, parts = _LINE_END, self._parts
            while ends and ends >= len(parts[-1]):
                ends -= len(parts.pop())
            if ends:
                parts[-1] = parts[-1][:-ends]
            self._parts = []
            self._take(b"".join(parts))
        return left

    # ------------------------------------------------------------ whatever is whole

    def _take_line(self, kind: bytes, line: bytes) -> None:
        if kind == b":":
            self._take(int(line))
        elif kind == b"+":
            self._take(line)
        elif kind == b"-":
            self._take(_error(line.decode("utf-8", "replace")))
        elif kind == b"*" and self._list is None:
            self._length = int(line)
            if self._length > 0:
                self._list = []
            else:
                self._take(None if self._length < 0 else [])
        else:
            raise ValueError(f"an answer of the server begins with {kind + line[:20]!r}")

    def _take(self, item: Any) -> None:
        if self._list is not None:
            self._list.append(item)
            if len(self._list) < self._length:
                return
            item, self._list = self._list, None
        self._answered(item)


class _Long:
    """A long string in the making: memory of its length, which becomes the string itself.

    Behind it there is room for the end of its line and for the head of what follows.
    """

    def __init__(self, length: int) -> None:
        self._memory = BytesIO()
        self._memory.seek(length - 1)
        self._memory.write(b"\0")
        self._view = self._memory.getbuffer()
        self._end = 0
        self._head = bytearray(_HEAD_BYTES)
        self.line_end = _LINE_END

    def take(self, data: bytes, start: int) -> int:
        """Copy what of ``data`` belongs to the string; return how many bytes these are."""
        size = min(len(data) - start, len(self._view) - self._end)
        self._view[self._end : self._end + size] = memoryview(data)[start : start + size]
        self._end += size
        return size

    def room(self) -> memoryview:
        """Return where the next bytes belong."""
        return self._view[self._end :] if self._end < len(self._view) else memoryview(self._head)

    def filled(self, size: int) -> bytes:
        """Take note of bytes in ``room``; return them if they are none of the string's."""
        if self._end < len(self._view):
            self._end += size
            return b""
        return bytes(memoryview(self._head)[:size])

    def whole(self) -> bytes:
        """Return the string; nothing is copied if nobody holds a part of ``room`` any more."""
        self._view.release()
        return self._memory.getvalue()


def _error(text: str) -> exceptions.ResponseError:
    """Return an error that the server answers; ``failures.py`` knows them by their first words."""
    if text.startswith("NOSCRIPT"):
        return exceptions.NoScriptError(text)
    return exceptions.ResponseError(text)
