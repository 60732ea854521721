"""The gate: a pipe of tokens, one for each task that a child may still begin.

The supervisor puts a token into the pipe for each task that it sends. A child takes a task's
token before it begins that task, and skips the task if the token is gone. To withdraw what has
not begun, the supervisor takes the tokens out again. Both read the same pipe, so each token goes
to exactly one of them: *who took it* is the answer to "has it begun?", and it is final.

Why a pipe and not two words of shared memory ("I begin i", "stop at i"): those need each side's
write to be visible before its read, a full memory barrier on both sides, which Python cannot
express and a system call does not promise. The kernel reads a pipe under its lock: the taking is
atomic, and it also orders everything that the child did before (results written to its other
pipe) before everything that the supervisor does after.

A token is its task's number, so that a child never takes a later task's token for one that was
withdrawn, however many of those it still has to skip. All reads and writes are of whole tokens, so
none is ever split.
"""

import os
import struct

_TOKEN = struct.Struct("<I")
_ALL = 16 * 1024 * _TOKEN.size
"""More than the pipe holds: one read empties it."""

_NUMBERS = 1 << 32


class Gate:
    """The supervisor's side: gives tokens and takes them back; never blocks."""

    def __init__(self) -> None:
        """Open the pipe; ``reader`` is the end to pass to the child as well."""
        self.reader, self._writer = os.pipe()
        os.set_blocking(self.reader, False)
        os.set_blocking(self._writer, False)

    def give(self, numbers: range) -> None:
        """Allow the child to begin the tasks of these numbers, at most a few hundred at a time."""
        if len(numbers) == 1:
            os.write(self._writer, _TOKEN.pack(numbers[0] % _NUMBERS))
            return
        tokens = [number % _NUMBERS for number in numbers]
        os.write(self._writer, struct.pack(f"<{len(tokens)}I", *tokens))

    def withdraw(self) -> int:
        """Take back all tokens that the child has not taken; return how many they were."""
        try:
            return len(os.read(self.reader, _ALL)) // _TOKEN.size
        except BlockingIOError:
            return 0

    def close(self) -> None:
        """Close both ends."""
        os.close(self.reader)
        os.close(self._writer)


class Turnstile:
    """The child's side: takes a task's token, or learns that it is gone; never blocks."""

    def __init__(self, reader: int) -> None:
        """Take tokens from the descriptor ``reader``."""
        self._reader = reader
        self._in_hand: int | None = None

    def admits(self, number: int) -> bool:
        """Return whether the task ``number`` may begin; tasks must be asked for in order."""
        if self._in_hand is None:
            try:
                (self._in_hand,) = _TOKEN.unpack(os.read(self._reader, _TOKEN.size))
            except BlockingIOError:
                return False
        if self._in_hand != number % _NUMBERS:
            return False
        self._in_hand = None
        return True
