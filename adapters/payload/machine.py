"""A machine for pickles of plain data: a stack, marks and a memo; ``reading.py`` has its opcodes.

It makes None, booleans, numbers, texts, lists, tuples, and dictionaries with text keys, and
nothing else. Whatever would be something else, or is missing, ends in NotPlain.
"""

from math import isfinite
from typing import Any

LONG_TEXT_CHARS = 64
"""Shorter texts (a dictionary's keys) may be shared without being counted."""

LONGEST_NUMBER = 40
"""Bytes of an integer, and characters of a number: more than any that JSON's readers take."""

_INTEGERS = range(-(2**63), 2**64)


class NotPlain(Exception):
    """The pickle holds something that is no plain data, or is none."""


class Machine:
    """One reading of one pickle. ``shares``: a value that may be large was used twice."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.shares = False

    # ------------------------------------------------------------ arguments of opcodes

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        start = self.position
        self.position = start + size
        if self.position > len(self.data):
            raise NotPlain
        return self.data[start : self.position]

    def number(self, size: int, *, signed: bool = False) -> int:
        """Return the next integer, of so many bytes."""
        return int.from_bytes(self.take(size), "little", signed=signed)

    def line(self) -> bytes:
        """Return what comes before the next end of a line."""
        end = self.data.find(b"\n", self.position)
        if end < 0:
            raise NotPlain
        found = self.data[self.position : end]
        self.position = end + 1
        return found

    # ------------------------------------------------------------ values

    def push(self, value: Any) -> None:
        """Push a value."""
        self.stack.append(value)

    def push_integer(self, value: int) -> None:
        """Push an integer, of 64 bits at most: readers of JSON have no type for others."""
        if value not in _INTEGERS:
            raise NotPlain
        self.stack.append(value)

    def push_float(self, value: float) -> None:
        """Push a number that JSON has a word for."""
        if not isfinite(value):
            raise NotPlain
        self.stack.append(value)

    def mark(self) -> None:
        """Open a mark."""
        self.below.append(self.stack)
        self.stack = []

    def to_mark(self) -> list[Any]:
        """Return the values above the topmost mark, which goes too."""
        found = self.stack
        self.stack = self.below.pop()
        return found

    def pop(self) -> None:
        """Drop a value or, where none lies above it, a mark."""
        if self.stack:
            self.stack.pop()
        else:
            self.stack = self.below.pop()

    def gather(self, size: int) -> None:
        """Make a tuple of the topmost values."""
        if len(self.stack) < size:
            raise NotPlain
        self.stack[-size:] = [tuple(self.stack[-size:])]

    def extend(self, values: list[Any]) -> None:
        """Append values to the list below them."""
        target = self.stack[-1]
        if type(target) is not list:
            raise NotPlain
        target.extend(values)

    def fill(self, pairs: list[Any]) -> None:
        """Put keys and values, one after the other, into the dictionary below them."""
        target = self.stack[-1]
        if type(target) is not dict or len(pairs) % 2:
            raise NotPlain
        keys = pairs[::2]
        if any(type(key) is not str for key in keys):
            raise NotPlain
        target.update(zip(keys, pairs[1::2], strict=True))

    def remember(self, index: int) -> None:
        """Note the topmost value in the memo."""
        self.memo[index] = self.stack[-1]

    def recall(self, index: int) -> None:
        """Push a value of the memo once more."""
        if index not in self.memo:
            raise NotPlain
        self.again(self.memo[index])

    def again(self, value: Any) -> None:
        """Push a value that is there already."""
        kind = type(value)
        if kind in {list, dict, tuple} or (kind is str and len(value) > LONG_TEXT_CHARS):
            self.shares = True
        self.stack.append(value)
