"""What the cores ask of whoever drives them. Each is carried out once; answers come as calls.

The driver may carry out effects of one batch in any order that keeps the order of ``Send`` to
one peer. A store call that raised StoreUnavailable is answered with the core's ``failed``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from ..function import Function
from ..identifiers import Attempt, FunctionId, Session, WorkerId
from ..output import Piece
from ..ports import Completion, Defeat, Sighting
from .messages import Assignment, FunctionBody, ToDispatcher, ToWorker

# ---------------------------------------------------------------- of the dispatcher


@dataclass(frozen=True, slots=True)
class Send:
    """Hand ``message`` to the link; tell the core (``undeliverable``) if it will not have it."""

    peer: bytes
    worker: WorkerId | None
    message: ToWorker


@dataclass(frozen=True, slots=True)
class Forget:
    """The link may drop what it keeps for this peer."""

    peer: bytes


@dataclass(frozen=True, slots=True)
class CallClaim:
    """Claim tasks, with their functions; answer with ``claimed``.

    ``wants`` are pairs: an environment's tag, and how many tasks of it at most.
    """

    wants: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class CallStart:
    """Note starts, and who runs the attempts (empty: nobody yet); answer with ``start_noted``."""

    attempts: tuple[Attempt, ...]
    workers: tuple[WorkerId, ...]


@dataclass(frozen=True, slots=True)
class CallRenew:
    """Renew leases; answer with ``renewed``."""

    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class CallAdopt:
    """Take over leases that an arriving worker holds; answer with ``adopted``."""

    worker: WorkerId
    session: Session
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class CallRecord:
    """Write outcomes; answer with ``recorded``, completions first."""

    completions: tuple[Completion, ...]
    defeats: tuple[Defeat, ...]

    @property
    def records(self) -> tuple[Completion | Defeat, ...]:
        """Return all, in the order of the answers."""
        return (*self.completions, *self.defeats)


@dataclass(frozen=True, slots=True)
class CallRelease:
    """Hand tasks back to the queue; answer with ``released``."""

    attempts: tuple[Attempt, ...]
    delay_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class CallReap:
    """Look for expired leases; answer with ``reaped``."""

    limit: int


@dataclass(frozen=True, slots=True)
class CallListen:
    """Wait for a hint; answer with ``hinted``. ``wants``: what to claim in advance, by tag."""

    timeout_ms: float
    wants: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class CallHush:
    """Claim nothing in advance any more, and have listening end; answer with ``hushed``."""


@dataclass(frozen=True, slots=True)
class CallAudit:
    """Ask which attempts are leased to this dispatcher; answer with ``audited``."""


class Brought(NamedTuple):
    """What belongs to tasks that were handed over.

    ``functions`` has those of them that exist; ``since_ms`` is when they were claimed in advance,
    by the steady clock: their leases are no older.
    """

    functions: Mapping[FunctionId, Function]
    since_ms: float


NOTHING_BROUGHT = Brought({}, inf)


@dataclass(frozen=True, slots=True)
class CallMuster:
    """Write down what is known of the workers; answer with ``mustered``."""

    sightings: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True)
class CallShow:
    """Write down what running attempts have shown; answer with ``shown``."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence for the log, in words by ``str``. ``level`` is one of logging's names, lower case.

    ``about`` are the attempts that it begins with, or what holds them. That and the text are put
    into words only where somebody reads them.
    """

    level: str
    text: object
    about: Sequence[object] = ()

    def __str__(self) -> str:
        """Return the whole sentence."""
        return " ".join([", ".join(map(str, self.about)), str(self.text)]).lstrip()


TaskCall = (
    CallClaim
    | CallStart
    | CallRenew
    | CallAdopt
    | CallRecord
    | CallRelease
    | CallReap
    | CallListen
    | CallHush
    | CallAudit
)
ViewCall = CallMuster | CallShow
StoreCall = TaskCall | ViewCall
DispatcherEffect = Send | Forget | StoreCall | Note


# ---------------------------------------------------------------- of the worker


@dataclass(frozen=True, slots=True)
class Tell:
    """Hand ``message`` to the uplink."""

    message: ToDispatcher


@dataclass(frozen=True, slots=True)
class Reset:
    """The dispatcher is silent: have the uplink connect anew."""


@dataclass(frozen=True, slots=True)
class Execute:
    """Give these to the executor, functions first."""

    functions: tuple[FunctionBody, ...]
    assignments: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Withdraw those that have not begun; answer with ``taken_back``."""

    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Kill:
    """Stop these at once; nothing is reported about them."""

    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """The worker has nothing left to do. ``error`` is empty after a clean end."""

    error: str


WorkerEffect = Tell | Reset | Execute | TakeBack | Kill | Stop | Note
