"""Messages to bytes and back: one frame a message, msgpack arrays of fixed fields.

A frame begins with the msgpack array ``[version, kind, body]``; ``wire.py`` has the bodies. Its
first three bytes are thus 0x93, the protocol version and the kind, in every version, and a Hello
and a Refused begin alike in every version: two sides that do not understand each other can still
say so.

Behind the array come four bytes, the CRC-32 of all before them. TCP's own checksum has 16 bits,
so one damaged segment in 65 536 passes at best, and a result must not change on its way.

Decoding takes any bytes, from anybody, and never raises: what is no message is returned as a
ProtocolViolation. It must never open a payload, and never allocate more than a small multiple of
the bytes that it was given.

Copies of a payload: ``encode`` makes two (into the array, and again with the checksum behind it),
the decoders one (out of the frame, so that a large frame is not kept alive by a small payload).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias
from zlib import crc32

import msgspec

from ...domain.errors import ProtocolViolation
from ...domain.function import Environment
from ...domain.identifiers import WorkerId
from ...domain.protocol.messages import (
    PROTOCOL_VERSION,
    Bye,
    FunctionBody,
    Hello,
    Orders,
    Read,
    Refused,
    Report,
    ToDispatcher,
    ToWorker,
    Unknown,
    Welcome,
)
from ...domain.protocol.versions import OURS
from . import modules, rows, values, wire
from .rows import Row

Bytes: TypeAlias = bytes | bytearray | memoryview

HELLO, REPORT, BYE = 1, 2, 3
WELCOME, ORDERS, UNKNOWN, REFUSED = 4, 5, 6, 7

CHECKSUM_BYTES = 4

_HEAD = 3
_ARRAY_OF_3 = 0x93
_VERSION_MOST = 0x7F
_encoder = msgspec.msgpack.Encoder()


# ---------------------------------------------------------------- to bytes


def encode(message: ToDispatcher | ToWorker, version: int = PROTOCOL_VERSION) -> bytes:
    """Return the frame of a message, in the version of its receiver; a Hello is in its own.

    A text that is no Unicode is sent with escapes instead.
    """
    kind, write = _WRITERS[type(message)]
    row = write(message)
    if isinstance(message, Hello):
        version = message.protocol
    if not 0 <= version <= _VERSION_MOST:
        raise ValueError(f"a protocol version is 0 to {_VERSION_MOST}, not {version}")
    try:
        return sealed(_encoder.encode((version, kind, row)))
    except UnicodeEncodeError:  # the user's code prints and raises whatever it likes
        return sealed(_encoder.encode((version, kind, rows.escaped(row))))


def sealed(array: bytes) -> bytes:
    """Return an encoded message with its checksum behind it, as it travels."""
    return array + crc32(array).to_bytes(CHECKSUM_BYTES, "big")


_WRITERS: dict[type, tuple[int, Callable[[Any], Row]]] = {
    Hello: (HELLO, rows.hello),
    Report: (REPORT, rows.report),
    Bye: (BYE, rows.bye),
    Welcome: (WELCOME, rows.welcome),
    Orders: (ORDERS, rows.orders),
    Unknown: (UNKNOWN, rows.unknown),
    Refused: (REFUSED, rows.refused),
}


# ---------------------------------------------------------------- from bytes


def version_of(frame: Bytes) -> int:
    """Return the version in which a message was written that could be decoded."""
    return memoryview(frame)[1]


def decode_to_dispatcher(frame: Bytes) -> ToDispatcher | ProtocolViolation:
    """Return what a worker said; a Hello of another version has only its head filled in."""
    decoded = _decode(frame, _TO_DISPATCHER, HELLO, _foreign_hello)
    return decoded if isinstance(decoded, Hello | Report | Bye) else _violation(decoded)


def decode_to_worker(frame: Bytes) -> ToWorker | ProtocolViolation:
    """Return what the dispatcher said; a Refused is understood in every version."""
    decoded = _decode(frame, _TO_WORKER, REFUSED, _foreign_refused)
    if isinstance(decoded, Welcome | Orders | Unknown | Refused):
        return decoded
    return _violation(decoded)


def _violation(decoded: object) -> ProtocolViolation:
    return decoded if isinstance(decoded, ProtocolViolation) else ProtocolViolation("no message")


def _decode(
    frame: Bytes,
    builders: dict[int, Callable[[memoryview], object]],
    timeless: int,
    foreign: Callable[[int, memoryview], object],
) -> object:
    """Look at the head and build the message; ``timeless`` is the kind read in any version."""
    view = _opened(memoryview(frame))
    if isinstance(view, ProtocolViolation):
        return view
    version, kind, body = view[1], view[2], view[_HEAD:]
    try:
        if version not in OURS:
            if kind == timeless:
                return foreign(version, body)
            return ProtocolViolation(f"a message of protocol {version}, not {PROTOCOL_VERSION}")
        build = builders.get(kind)
        if build is None:
            return ProtocolViolation(f"a message of kind {kind}, which nobody sends this way")
        built = build(body)
        return replace(built, protocol=version) if isinstance(built, Hello) else built
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return ProtocolViolation(f"a message of kind {kind} that is malformed: {error}")


def _opened(whole: memoryview) -> memoryview | ProtocolViolation:
    """Return the array of a frame that arrived as it was sent."""
    view, checksum = whole[:-CHECKSUM_BYTES], whole[-CHECKSUM_BYTES:]
    if len(view) <= _HEAD or view[0] != _ARRAY_OF_3 or view[1] > _VERSION_MOST:
        return ProtocolViolation(f"{len(whole)} bytes that are no message of gofer")
    if crc32(view) != int.from_bytes(checksum, "big"):
        return ProtocolViolation(f"a message of {len(whole)} bytes, damaged on its way")
    return view


_read_hello = msgspec.msgpack.Decoder(wire.WireHello).decode
_read_foreign_hello = msgspec.msgpack.Decoder(wire.WireForeignHello).decode
_read_report = msgspec.msgpack.Decoder(wire.WireReport).decode
_read_bye = msgspec.msgpack.Decoder(wire.WireBye).decode
_read_welcome = msgspec.msgpack.Decoder(wire.WireWelcome).decode
_read_orders = msgspec.msgpack.Decoder(wire.WireOrders).decode
_read_unknown = msgspec.msgpack.Decoder(wire.WireUnknown).decode
_read_refused = msgspec.msgpack.Decoder(wire.WireRefused).decode


def _hello(body: memoryview) -> Hello:
    row = _read_hello(body)
    env = row.environment
    return Hello(
        protocol=PROTOCOL_VERSION,
        worker=WorkerId(row.worker),
        session=values.session(row.session),
        slots=row.slots,
        window=row.window,
        environment=Environment(
            env.implementation, env.python, env.dill, modules.unpacked(env.modules)
        ),
        held=values.attempts(row.held),
        returned=values.attempts(row.returned),
        read=Read(row.read.epoch, row.read.serial),
        host=row.host,
        pid=row.pid,
        takes_source=row.takes_source,
    )


def _foreign_hello(version: int, body: memoryview) -> Hello:
    row = _read_foreign_hello(body)
    nowhere = Environment("", (0, 0))
    return Hello(version, WorkerId(row.worker), values.session(row.session), 1, 0, nowhere)


def _report(body: memoryview) -> Report:
    row = _read_report(body)
    return Report(
        worker=WorkerId(row.worker),
        session=values.session(row.session),
        seq=row.seq,
        window=row.window,
        started=values.attempts(row.started),
        finished=values.finished(row.finished),
        returned=values.attempts(row.returned),
        shown=values.pieces(row.shown) if row.shown else (),
    )


def _bye(body: memoryview) -> Bye:
    row = _read_bye(body)
    return Bye(WorkerId(row.worker), values.session(row.session), values.attempts(row.unrecorded))


def _welcome(body: memoryview) -> Welcome:
    row = _read_welcome(body)
    return Welcome(
        values.session(row.session), row.lease_ms, row.beat_ms, values.attempts(row.drop)
    )


def _orders(body: memoryview) -> Orders:
    row = _read_orders(body)
    return Orders(
        session=values.session(row.session),
        serial=row.serial,
        echo=row.echo,
        lease_ms=row.lease_ms,
        functions=tuple(
            FunctionBody(body.digest, body.payload, body.entry) for body in row.functions
        ),
        assign=values.assignments(row.assign),
        recorded=values.attempts(row.recorded),
        cancel=values.attempts(row.cancel),
    )


def _unknown(body: memoryview) -> Unknown:
    return Unknown(values.session(_read_unknown(body).session))


def _refused(body: memoryview) -> Refused:
    row = _read_refused(body)
    return Refused(values.session(row.session), row.reason, row.final)


def _foreign_refused(_version: int, body: memoryview) -> Refused:
    return _refused(body)


_TO_DISPATCHER: dict[int, Callable[[memoryview], object]] = {
    HELLO: _hello,
    REPORT: _report,
    BYE: _bye,
}
_TO_WORKER: dict[int, Callable[[memoryview], object]] = {
    WELCOME: _welcome,
    ORDERS: _orders,
    UNKNOWN: _unknown,
    REFUSED: _refused,
}
