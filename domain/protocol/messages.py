"""What dispatcher and worker say to each other, in every mode.

A conversation is a *session*. The worker opens it with Hello and both sides number their
messages from 1: ``Report.seq`` one way, ``Orders.serial`` the other. A number that was seen
before is a duplicate and ignored; a gap means that something was lost, and whoever sees it has
the worker say Hello anew, which lists what the worker holds and so mends everything at once.
There is no other recovery path. docs/protocol.md has the pictures and the state x message table.

These are plain values; how they become bytes is the codec's business (``adapters/zmq/codec.py``).
"""

from dataclasses import dataclass
from typing import NamedTuple

from ..function import Environment
from ..identifiers import Attempt, Session, WorkerId
from ..output import Piece
from ..task import Outcome

PROTOCOL_VERSION = 2
"""Raised when a message changes; ``versions.py`` says what a change may be."""

OLDEST_PROTOCOL = 1
"""The oldest version that is still spoken: the one before, once there is one."""


# ---------------------------------------------------------------- worker to dispatcher


@dataclass(frozen=True, order=True, slots=True)
class Read:
    """How far a worker has read: Orders up to ``serial`` of the session with this ``epoch``."""

    epoch: int
    serial: int


NOTHING_READ = Read(0, 0)


@dataclass(frozen=True, slots=True)
class Hello:
    """I am here, this is what I can run and what I hold. Sent until a Welcome answers it.

    ``slots`` is how many tasks run at once, ``window`` how many I take in hand, ``held`` every
    attempt that I run, keep waiting, or have an unrecorded outcome of. What is not held was
    handed back (``returned``: in reports that may be lost), was assigned beyond ``read`` and so
    never arrived, or is lost. ``host`` and ``pid`` say where, to be shown; from version 2 on. As
    ``takes_source`` is: a function may come as source, which an older gofer takes for a pickle.
    """

    protocol: int
    worker: WorkerId
    session: Session
    slots: int
    window: int
    environment: Environment
    held: tuple[Attempt, ...] = ()
    returned: tuple[Attempt, ...] = ()
    read: Read = NOTHING_READ
    host: str = ""
    pid: int = 0
    takes_source: bool = False


class Finished(NamedTuple):
    """An attempt has ended; repeated until the dispatcher says that it is recorded."""

    attempt: Attempt
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Report:
    """What happened since the last report; with nothing in it, a beat.

    ``returned`` are attempts that are handed back: they never began, or (then they are among
    ``started`` too, here or earlier) were stopped by a drain. ``shown``: from version 2 on.
    """

    worker: WorkerId
    session: Session
    seq: int
    window: int
    started: tuple[Attempt, ...] = ()
    finished: tuple[Finished, ...] = ()
    returned: tuple[Attempt, ...] = ()
    shown: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Bye:
    """I leave, and nothing runs here any more.

    ``unrecorded`` are attempts that ran here and whose outcomes I could not deliver in time;
    whatever else I was given has not ended here and can go to others.
    """

    worker: WorkerId
    session: Session
    unrecorded: tuple[Attempt, ...] = ()


# ---------------------------------------------------------------- dispatcher to worker


@dataclass(frozen=True, slots=True)
class Welcome:
    """The session is open. ``drop`` lists held attempts that are no longer yours: kill them.

    ``lease_ms`` is how long the kept ones stay leased, counted from when Hello was sent.
    """

    session: Session
    lease_ms: int
    beat_ms: int
    drop: tuple[Attempt, ...] = ()


class Assignment(NamedTuple):
    """Run this: ``payload`` is the pickle of ``(args, kwargs)``, ``digest`` names the function."""

    attempt: Attempt
    digest: str
    payload: bytes
    timeout_ms: int | None = None


@dataclass(frozen=True, slots=True)
class FunctionBody:
    """A function's code, sent once a session and digest, before or with its first use.

    ``payload`` is its pickle or, where ``entry`` says which function is meant, its source: the text
    of a module, in UTF-8.
    """

    digest: str
    payload: bytes
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Orders:
    """What to do; with nothing in it, the answer to a beat.

    ``echo`` is the last ``Report.seq`` that was read (0: only the Hello), and ``lease_ms`` how
    long every attempt in the worker's hands stays leased, counted from when that report was
    sent: a worker that hears nothing must stop its children before then. ``recorded`` outcomes
    may be forgotten (they are recorded, or refused for good), ``cancel`` means kill.
    """

    session: Session
    serial: int
    echo: int
    lease_ms: int
    functions: tuple[FunctionBody, ...] = ()
    assign: tuple[Assignment, ...] = ()
    recorded: tuple[Attempt, ...] = ()
    cancel: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """I do not know this session (a restart, or a gap): say Hello again, with the next epoch."""

    session: Session


@dataclass(frozen=True, slots=True)
class Refused:
    """You cannot work here. ``final``: do not try again (a protocol version, say)."""

    session: Session
    reason: str
    final: bool


ToDispatcher = Hello | Report | Bye
ToWorker = Welcome | Orders | Unknown | Refused
