"""Says whether bytes are one whole pickle, by walking its opcodes; never runs it.

The walk answers one question: could an unpickler read these bytes to their end? It follows the
opcodes and the height of the unpickler's stack, allocates nothing that a length field asks for,
and ends at a bound. It costs 0.1 to 0.6 us an opcode (a big bytes object is one opcode; a list of
300 000 integers takes 50 ms), too long for an event loop: callers there wrap their use of a
payloads in ``PickleInspector.ahead``, which walks long ones in a thread. Most payloads need no walk
to be accepted: ``plain.py`` knows them at sight.

A well-formed pickle says nothing about safety: a malicious one is well-formed too. This module
must never load a pickle, look up a name that one mentions, or quote a payload in an error.
"""

import asyncio
import io
import pickletools
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import IO

from ...domain.errors import InvalidPayload
from ...domain.ports import Inspection
from ...domain.sources import SourceView
from . import opcodes
from .bytecode import look_into
from .opcodes import Opcode
from .text import HOW_TO_ENCODE

MAX_OPCODES = 4_000_000
"""Default bound: a list of four million integers passes; the walk ends after a second or so."""

MAX_DEPTH = 10_000
"""Default bound of MARKs open at once; picklers recurse, and give up long before this."""

LONG_WALK_BYTES = 32 * 1024
"""Payloads over this size are walked in a thread: shorter ones take 10 ms at the very worst."""

_PROTOCOLS = range(2, 6)
_HEADER_BYTES = 2
_ENDS = "the pickle ends before it is complete"
_MISSING = "the pickle takes a value that is not there"

_Seen = Inspection | InvalidPayload
_LEFT_TO_THEM = nullcontext()


class PickleInspector:
    """Implements PayloadInspector: says whether bytes are one whole pickle, protocol 2 to 5.

    ``environment`` of its answers is always None: dill writes the same constructor call for the
    code objects of Python 3.11 to 3.13, so a guess would not be certain.
    """

    def __init__(self, max_opcodes: int = MAX_OPCODES, max_depth: int = MAX_DEPTH) -> None:
        """Take the bounds: opcodes in all, and MARKs open at once."""
        self._max_opcodes = max_opcodes
        self._max_depth = max_depth
        from .plain import recognised  # noqa: PLC0415 - 13 ms, and most processes inspect nothing

        self._recognised = recognised
        self._ahead: dict[int, tuple[bytes, _Seen]] = {}

    def check(self, payload: bytes) -> None:
        """Raise InvalidPayload for anything but one whole pickle; cheap for plain arguments."""
        if not self._recognised(payload):
            self.inspect(payload)

    def inspect(self, payload: bytes) -> Inspection:
        """Return what can be seen; raise InvalidPayload for anything but one whole pickle."""
        known = self._ahead.get(id(payload))
        if known is None:
            return self._walk(payload)
        if isinstance(known[1], InvalidPayload):
            raise known[1]
        return known[1]  # the entry holds the payload, so that the id is still this object's

    def look_into(self, bytecode: bytes) -> SourceView:
        """Return what functions of a pickle need; see ``bytecode.py``."""
        return look_into(bytecode)

    def ahead(self, payloads: Sequence[bytes]) -> AbstractAsyncContextManager[None]:
        """Walk payloads that are long together in a thread; in the block, asking costs nothing.

        ``inspect`` and ``check`` of them answer what was found, and raise it. What is short is left
        to them.
        """
        if sum(map(len, payloads)) <= LONG_WALK_BYTES:
            return _LEFT_TO_THEM
        return self._walked(payloads)

    @asynccontextmanager
    async def _walked(self, payloads: Sequence[bytes]) -> AsyncGenerator[None]:
        seen = await asyncio.to_thread(self._look, payloads)
        self._ahead.update(seen)
        try:
            yield
        finally:
            for identity in seen:
                self._ahead.pop(identity, None)

    def _look(self, payloads: Sequence[bytes]) -> dict[int, tuple[bytes, _Seen]]:
        """Walk those that are not known at sight."""
        seen: dict[int, tuple[bytes, _Seen]] = {}
        for payload in payloads:
            if not self._recognised(payload):
                try:
                    found: _Seen = self._walk(payload)
                except InvalidPayload as problem:
                    found = problem
                seen[id(payload)] = payload, found
        return seen

    def _walk(self, payload: bytes) -> Inspection:
        if not payload:
            raise InvalidPayload(f"the payload is empty; {HOW_TO_ENCODE}")
        if len(payload) < _HEADER_BYTES or payload[0] != opcodes.PROTO:
            raise InvalidPayload("the payload is no pickle; make it with dill.dumps(obj)", 0)
        if payload[1] not in _PROTOCOLS:
            raise InvalidPayload(f"pickle protocol {payload[1]} is none of 2 to 5", 1)
        walk = _Walk(payload, self._max_depth)
        count = walk.run(self._max_opcodes)
        if walk.position != len(payload):
            raise InvalidPayload("bytes follow the end of the pickle", walk.position)
        return Inspection(size=len(payload), protocol=payload[1], opcodes=count)


class _Walk:
    """One pass over one pickle. ``floor`` is the stack's height at the topmost open mark."""

    def __init__(self, data: bytes, max_depth: int) -> None:
        self.data = data
        self.position = _HEADER_BYTES
        self._max_depth = max_depth
        self._height: int = 0
        self._floor: int = 0
        self._floors: list[int] = []

    def run(self, max_opcodes: int) -> int:
        """Walk from behind PROTO to behind the first STOP; return the opcodes seen."""
        data, skips, needs, pushes = self.data, opcodes.SKIP, opcodes.NEEDS, opcodes.PUSHES
        position, height, floor = self.position, 0, 0
        try:
            for count in range(2, max_opcodes + 1):
                code = data[position]
                if skip := skips[code]:
                    if need := needs[code]:
                        height -= need
                        if height < floor:
                            raise InvalidPayload(_MISSING, position)
                    height += pushes[code]
                    position += skip
                elif code == opcodes.SHORT_BINUNICODE:
                    end = position + 2 + data[position + 1]
                    str(data[position + 2 : end], "utf-8", "surrogatepass")
                    height += 1
                    position = end
                elif code == opcodes.STOP and height > floor:
                    self.position = position + 1
                    return count
                else:
                    self.position, self._height, self._floor = position, height, floor
                    self._step(code)
                    position, height, floor = self.position, self._height, self._floor
        except IndexError:
            raise InvalidPayload(_ENDS, len(data)) from None
        except UnicodeDecodeError:
            raise InvalidPayload("the pickle holds a text that is no UTF-8", position) from None
        raise InvalidPayload(
            f"the pickle has more than {max_opcodes} opcodes; send large data as one bytes object"
            " or array instead of many small objects"
        )

    def _step(self, code: int) -> None:
        """Do one opcode that is not plain."""
        opcode = opcodes.OPCODES.get(code)
        if opcode is None:
            raise InvalidPayload("the pickle holds a byte that is no opcode", self.position)
        if opcode.name in opcodes.REFUSED:
            raise InvalidPayload(f"the pickle needs {opcodes.REFUSED[opcode.name]}", self.position)
        if code in {opcodes.STOP, opcodes.PROTO}:
            raise InvalidPayload(f"{opcode.name} is out of place in the pickle", self.position)
        if code == opcodes.MARK:
            self._mark()
        elif code == opcodes.POP:
            self._pop()
        elif code == opcodes.FRAME:
            self._frame()
        else:
            start = self.position
            self.position = self._end_of_argument(code, opcode, start + 1)
            self._effect(code, opcode, start)

    def _mark(self) -> None:
        if len(self._floors) >= self._max_depth:
            raise InvalidPayload(f"the pickle nests deeper than {self._max_depth}", self.position)
        self._floors.append(self._floor)
        self._floor = self._height
        self.position += 1

    def _pop(self) -> None:
        """Pop a value or, if nothing lies above it, the topmost mark."""
        if self._height > self._floor:
            self._height -= 1
        elif self._floors:
            self._floor = self._floors.pop()
        else:
            raise InvalidPayload(_MISSING, self.position)
        self.position += 1

    def _frame(self) -> None:
        start = self.position + 9
        size = int.from_bytes(self.data[self.position + 1 : start], "little")
        if start + size > len(self.data):
            raise InvalidPayload(_ENDS, len(self.data))
        self.position = start

    def _end_of_argument(self, code: int, opcode: Opcode, start: int) -> int:
        """Return where the argument that begins at ``start`` ends, after checking its form."""
        if opcode.reader is not None:
            return self._end_of_line(opcode.name, opcode.reader, start)
        if opcode.argument >= 0:
            return start + opcode.argument
        first = start + opcodes.LENGTH_BYTES[opcode.argument]
        signed = opcode.argument == pickletools.TAKEN_FROM_ARGUMENT4
        size = int.from_bytes(self.data[start:first], "little", signed=signed)
        if size < 0 or first + size > len(self.data):
            raise InvalidPayload(_ENDS, len(self.data))
        if code in opcodes.TEXTS:
            str(self.data[first : first + size], "utf-8", "surrogatepass")
        return first + size

    def _end_of_line(self, name: str, reader: Callable[[IO[bytes]], object], start: int) -> int:
        stream = io.BytesIO(self.data)  # shares the bytes until somebody writes
        stream.seek(start)
        try:
            reader(stream)
        except (ValueError, DeprecationWarning):  # the latter: an escape that Python will refuse
            raise InvalidPayload(f"the argument of {name} is malformed", start) from None
        return stream.tell()

    def _effect(self, code: int, opcode: Opcode, start: int) -> None:
        """Pop and push as the opcode does."""
        if opcode.collects:
            if not self._floors:
                raise InvalidPayload("the pickle collects without a mark", start)
            if code == opcodes.OBJ and self._height == self._floor:  # its class lies above
                raise InvalidPayload(_MISSING, start)
            self._height, self._floor = self._floor, self._floors.pop()
        self._height -= opcode.needs
        if self._height < self._floor:
            raise InvalidPayload(_MISSING, start)
        self._height += opcode.pushes
