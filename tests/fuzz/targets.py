"""What takes bytes from strangers, as functions of bytes that return, or raise for a finding.

Each is called by ``campaign.py`` (coverage-guided, for as long as one likes) and by
``tests/unit/fuzz`` (a few hundred inputs in every run of the suite). An expected refusal is
swallowed; whatever else is raised, and every answer of a wrong kind, is a finding. A target must
not depend on earlier inputs: a finding is replayed alone.
"""

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from gofer.adapters.payload import PickleInspector, decode_payload, encode_payload
from gofer.adapters.processes.frames import Frames
from gofer.adapters.processes.frames import Report as ChildReport
from gofer.adapters.redis import codec as store_codec
from gofer.adapters.redis import function_rows, record
from gofer.adapters.redis.framing import unframe
from gofer.adapters.zmq.batch import unpack_reply, unpack_request
from gofer.adapters.zmq.codec import decode_to_dispatcher, decode_to_worker, encode, sealed
from gofer.domain.errors import InvalidPayload, ProtocolViolation, StoreIncompatible
from gofer.domain.identifiers import Attempt, FunctionId, TaskId
from gofer.domain.protocol.messages import (
    PROTOCOL_VERSION,
    Bye,
    Hello,
    Orders,
    Refused,
    Report,
    Unknown,
    Welcome,
)
from tests.fuzz.http import head, rest
from tests.support.pieces import deliver

Target: TypeAlias = Callable[[bytes], None]

TASK_ID = TaskId("01890a5d-ac96-774b-bcce-b302099a8057")
FUNCTION_ID = FunctionId("01890a5d-ac96-774b-bcce-b302099a8058")
FRAME_LIMIT = 64 * 1024
MAX_OPCODES, MAX_DEPTH = 100_000, 1_000


def to_dispatcher(data: bytes) -> None:
    """A frame that reaches the dispatcher."""
    decoded = decode_to_dispatcher(sealed(data))
    assert isinstance(decoded, Hello | Report | Bye | ProtocolViolation), decoded
    foreign = isinstance(decoded, Hello) and decoded.protocol != PROTOCOL_VERSION
    if not (isinstance(decoded, ProtocolViolation) or foreign):
        assert decode_to_dispatcher(encode(decoded)) == decoded


def to_worker(data: bytes) -> None:
    """A frame that reaches a worker."""
    decoded = decode_to_worker(sealed(data))
    assert isinstance(decoded, Welcome | Orders | Unknown | Refused | ProtocolViolation), decoded
    if not isinstance(decoded, ProtocolViolation):
        assert decode_to_worker(encode(decoded)) == decoded


def batches(data: bytes) -> None:
    """A request or a reply of a pull link, and the messages in it."""
    for unpack in (_request, unpack_reply):
        try:
            messages = unpack(memoryview(data))
        except ProtocolViolation:
            continue
        for message in messages:
            decode_to_dispatcher(message)
            decode_to_worker(message)


def _request(data: memoryview) -> list[memoryview]:
    return unpack_request(data)[2]


def frames(data: bytes) -> None:
    """What comes up from a child whose pipe the user's code wrote to; cut by the first byte."""
    step = (data[0] if data else 0) + 1
    gathered = Frames(FRAME_LIMIT)
    for start in range(1, len(data), step):
        reports = deliver(gathered, data[start : start + step], gathered.reports)
        assert all(type(report) is ChildReport for report in reports)
    again = Frames(FRAME_LIMIT)
    deliver(again, data[1:], again.chunks)


def store_rows(data: bytes) -> None:
    """What the store holds of a task, an outcome, a lease and a function."""
    try:
        items = unframe(data)
    except ValueError:
        return
    items += [b""] * 13
    for read in (
        lambda: record.task_and_outcome(TASK_ID, items[0], iter(items[1:2])),
        lambda: record.batch_ending(TASK_ID, 1, items[0], iter(items[1:2])),
        lambda: function_rows.function(FUNCTION_ID, items[:12]),
        lambda: function_rows.head(items[:13]),
        lambda: store_codec.claimed("token", [b"0", b"", b"", *items[3:6]]),
        lambda: store_codec.adopted(Attempt(TASK_ID, 1, "token"), items[0]),
        lambda: store_codec.reaped(items[:3]),
    ):
        try:
            read()
        except StoreIncompatible:
            continue


def inspector(data: bytes) -> None:
    """A payload before it is accepted."""
    try:
        seen = PickleInspector(MAX_OPCODES, MAX_DEPTH).inspect(data)
    except InvalidPayload:
        return
    assert seen.size == len(data)
    assert 2 <= seen.protocol <= 5
    assert 2 <= seen.opcodes <= len(data)


def text(data: bytes) -> None:
    """The base64 of a payload."""
    given = data.decode("latin-1")
    try:
        payload = decode_payload(given)
    except InvalidPayload:
        return
    assert decode_payload(encode_payload(payload)) == payload


TARGETS: dict[str, Target] = {
    "dispatcher": to_dispatcher,
    "worker": to_worker,
    "batches": batches,
    "frames": frames,
    "store": store_rows,
    "inspector": inspector,
    "text": text,
    "rest": rest,
    "head": head,
}


def is_msgpack(data: bytes) -> bool:
    """Tell whether these bytes are one msgpack value, which a mutator may take apart."""
    try:
        msgspec.msgpack.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
        return False
    return True
