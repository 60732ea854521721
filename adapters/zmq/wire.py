"""The shape of every message on the wire: arrays of these fields, in this order.

This file is the wire format. Types and limits are checked by msgspec while it decodes, before
anything of ours sees a value. The domain's own classes may change freely; what changes here
raises PROTOCOL_VERSION. A field may be added at the end, with a default for those who do not send
it; fields that we do not know yet are skipped. It must never hold logic: ``codec.py`` translates.
"""

from typing import Annotated

from msgspec import Meta, Struct

from ...domain.function import IMPLEMENTATION
from ...domain.output import NOTE_BYTES, TAIL_BYTES
from ...domain.task import Cause

ITEMS_MOST = 1_000_000
"""Elements in one collection of a message."""

_UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z"
_WORKER = r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}\Z"

_Count = Annotated[int, Meta(ge=0, le=2**53)]
_Version = Annotated[int, Meta(ge=0, le=127)]
_Millis = Annotated[int, Meta(ge=0, le=2**53)]
_Duration = Annotated[float, Meta(ge=0, le=1e15)]
_Name = Annotated[str, Meta(min_length=1, max_length=128)]
_Worker = Annotated[str, Meta(pattern=_WORKER)]
_Digest = Annotated[str, Meta(min_length=64, max_length=64)]
_Slots = Annotated[int, Meta(ge=1, le=10_000)]
_Items = Meta(max_length=ITEMS_MOST)


class WireAttempt(Struct, array_like=True, gc=False):
    """``identifiers.Attempt``."""

    task_id: Annotated[str, Meta(pattern=_UUID)]
    number: Annotated[int, Meta(ge=1, le=2**31)]
    token: _Name


class WireAttemptInHand(Struct, array_like=True, gc=False):
    """``identifiers.Attempt`` where its receiver looks it up among those that it knows, or is told
    to run it by the one whom it obeys: what is no id is found out there.

    Read in 0.11 us, WireAttempt with its pattern in 0.53: three of them travel for each task.
    """

    task_id: Annotated[str, Meta(min_length=36, max_length=36)]
    number: Annotated[int, Meta(ge=1, le=2**31)]
    token: _Name


class WireSession(Struct, array_like=True, gc=False):
    """``identifiers.Session``."""

    incarnation: _Name
    epoch: _Count


class WireRead(Struct, array_like=True, gc=False):
    """``messages.Read``."""

    epoch: _Count
    serial: _Count


class WireEnvironment(Struct, array_like=True, gc=False):
    """``function.Environment``."""

    implementation: Annotated[str, Meta(pattern=rf"^{IMPLEMENTATION}\Z")]
    python: tuple[_Version, _Version]
    dill: Annotated[str, Meta(max_length=128)]
    modules: bytes = b""


class WireSuccess(Struct, array_like=True, gc=False, tag_field="tag", tag=0):
    """``task.Success``."""

    result: bytes
    peak_rss_kb: _Count
    run_ms: _Duration
    output: str


class WireFailure(Struct, array_like=True, gc=False, tag_field="tag", tag=1):
    """``task.Failure``."""

    cause: Cause
    type: str
    message: str
    traceback: str
    exception: bytes
    exit_code: int | None
    signal: int | None
    peak_rss_kb: _Count
    run_ms: _Duration
    worker: Annotated[str, Meta(max_length=64)]
    attempt: Annotated[int, Meta(ge=0, le=2**31)]
    output: str


class WireFinished(Struct, array_like=True, gc=False):
    """``messages.Finished``."""

    attempt: WireAttemptInHand
    outcome: WireSuccess | WireFailure


class WireAssignment(Struct, array_like=True, gc=False):
    """``messages.Assignment``."""

    attempt: WireAttemptInHand
    digest: _Digest
    payload: bytes
    timeout_ms: Annotated[int, Meta(ge=0, le=2**53)] | None


class WireFunctionBody(Struct, array_like=True, gc=False):
    """``messages.FunctionBody``."""

    digest: _Digest
    payload: bytes
    entry: Annotated[str, Meta(max_length=1_000)] = ""


class WireHello(Struct, array_like=True):
    """``messages.Hello``, less its protocol, which is in the frame's head."""

    worker: _Worker
    session: WireSession
    slots: _Slots
    window: _Count
    environment: WireEnvironment
    held: Annotated[list[WireAttempt], _Items]
    returned: Annotated[list[WireAttempt], _Items]
    read: WireRead
    host: Annotated[str, Meta(max_length=256)] = ""
    pid: _Count = 0
    takes_source: bool = False


class WireForeignHello(Struct, array_like=True):
    """What a Hello begins with in every version, for ever; whatever follows is skipped."""

    worker: _Worker
    session: WireSession


class WireProgress(Struct, array_like=True, gc=False):
    """``output.Progress``."""

    done: float
    total: float | None
    note: Annotated[str, Meta(max_length=NOTE_BYTES)]


class WirePiece(Struct, array_like=True):
    """``output.Piece``."""

    attempt: WireAttemptInHand
    start: _Count
    data: Annotated[bytes, Meta(max_length=TAIL_BYTES)]
    progress: WireProgress | None


class WireReport(Struct, array_like=True):
    """``messages.Report``."""

    worker: _Worker
    session: WireSession
    seq: _Count
    window: _Count
    started: Annotated[list[WireAttempt], _Items]
    finished: Annotated[list[WireFinished], _Items]
    returned: Annotated[list[WireAttempt], _Items]
    shown: Annotated[list[WirePiece], _Items] = []


class WireBye(Struct, array_like=True):
    """``messages.Bye``."""

    worker: _Worker
    session: WireSession
    unrecorded: Annotated[list[WireAttempt], _Items]


class WireWelcome(Struct, array_like=True):
    """``messages.Welcome``."""

    session: WireSession
    lease_ms: _Millis
    beat_ms: Annotated[int, Meta(ge=1, le=2**53)]
    drop: Annotated[list[WireAttempt], _Items]


class WireOrders(Struct, array_like=True):
    """``messages.Orders``."""

    session: WireSession
    serial: _Count
    echo: _Count
    lease_ms: _Millis
    functions: Annotated[list[WireFunctionBody], _Items]
    assign: Annotated[list[WireAssignment], _Items]
    recorded: Annotated[list[WireAttemptInHand], _Items]
    cancel: Annotated[list[WireAttempt], _Items]


class WireUnknown(Struct, array_like=True):
    """``messages.Unknown``."""

    session: WireSession


class WireRefused(Struct, array_like=True):
    """``messages.Refused``; begins like this in every version, whatever follows is skipped."""

    session: WireSession
    reason: Annotated[str, Meta(max_length=65_536)]
    final: bool
