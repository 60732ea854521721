"""What each pickle opcode does to the unpickler's stack, derived from pickletools.

Derived, so that it stays complete with every Python; the few exceptions are named. Nothing here
looks at a payload.
"""

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO


@dataclass(frozen=True, slots=True)
class Opcode:
    """What a walk needs to know of an opcode.

    ``needs`` values are popped (below the topmost mark where ``collects`` is set), ``pushes``
    follow. ``argument`` is a fixed size, or pickletools' code for how the size is written;
    ``reader`` reads one that is a line of text (GLOBAL, and all of protocol 0).
    """

    name: str
    argument: int
    reader: Callable[[IO[bytes]], object] | None
    needs: int
    pushes: int
    collects: bool


_MEMO_WRITERS = {"PUT", "BINPUT", "LONG_BINPUT"}

REFUSED = {
    "PERSID": "a persistent id, which only its own program can resolve",
    "BINPERSID": "a persistent id, which only its own program can resolve",
    "NEXT_BUFFER": "a buffer outside of it; pickle without buffer_callback",
    "READONLY_BUFFER": "a buffer outside of it; pickle without buffer_callback",
}
"""Opcodes of well-formed pickles that no worker could load, and what they ask for."""

LENGTH_BYTES = {
    pickletools.TAKEN_FROM_ARGUMENT1: 1,
    pickletools.TAKEN_FROM_ARGUMENT4: 4,
    pickletools.TAKEN_FROM_ARGUMENT4U: 4,
    pickletools.TAKEN_FROM_ARGUMENT8U: 8,
}
"""How many bytes the length takes, by ``Opcode.argument``, where it is written in front."""


def _described(info: pickletools.OpcodeInfo) -> Opcode:
    before = [kind.name for kind in info.stack_before]
    collects = "mark" in before
    needs = before.index("mark") if collects else len(before)
    pushes = len(info.stack_after)
    if info.name in _MEMO_WRITERS:  # pickletools does not mention the value that they look at
        needs = pushes = 1
    argument, reader = 0, None
    if info.arg is not None:
        argument = info.arg.n
        reader = info.arg.reader if argument == pickletools.UP_TO_NEWLINE else None
    return Opcode(info.name, argument, reader, needs, pushes, collects)


OPCODES = {ord(info.code): _described(info) for info in pickletools.opcodes}
CODES = {opcode.name: code for code, opcode in OPCODES.items()}

PROTO, FRAME, MARK, POP, STOP, SHORT_BINUNICODE, OBJ = (
    CODES[name] for name in ("PROTO", "FRAME", "MARK", "POP", "STOP", "SHORT_BINUNICODE", "OBJ")
)
TEXTS = frozenset(CODES[name] for name in ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"))

_SPECIAL = {"PROTO", "FRAME", "MARK", "POP", "STOP", *REFUSED}


def _table(value: Callable[[Opcode], int]) -> bytes:
    """Return ``value`` of every plain opcode, at the index of its byte, and 0 elsewhere.

    Plain: an argument of fixed size, no mark involved, and no meaning beyond pop and push.
    """
    table = bytearray(256)
    for code, opcode in OPCODES.items():
        if opcode.argument >= 0 and not opcode.collects and opcode.name not in _SPECIAL:
            table[code] = value(opcode)
    return bytes(table)


SKIP = _table(lambda opcode: 1 + opcode.argument)
"""Size of a plain opcode with its argument; 0 for everything that is not plain."""
NEEDS = _table(lambda opcode: opcode.needs)
PUSHES = _table(lambda opcode: opcode.pushes)
