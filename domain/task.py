"""A task, its states, and THE table of legal transitions.

    QUEUED ──claim──▶ RUNNING ──complete──▶ COMPLETED
      ▲                 │ ├────fail───────▶ FAILED
      ├─requeue,release─┘ └───cancel──────▶ CANCELLED   (QUEUED too; QUEUED may also EXPIRE)
      └─retry─ FAILED, CANCELLED, EXPIRED

Terminal states absorb: no event of the system leads out of them, only a client's own wish that a
task which did not complete be tried once more. Lua scripts and the memory store compare and
set; whether a step is legal is decided here and nowhere else, and a differential test holds the
stores to this table. Nothing in this module does I/O or reads a clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from .errors import IllegalTransition
from .identifiers import FunctionId, TaskId


class TaskStatus(StrEnum):
    """Where a task stands. RUNNING covers "leased to a worker, not started yet"."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"

    @property
    def is_terminal(self) -> bool:
        """Return whether the task has its one outcome."""
        return self in TERMINAL


TERMINAL = frozenset(
    {TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED, TaskStatus.EXPIRED}
)


class TaskEvent(StrEnum):
    """What can happen to a task; each is one verb of the store's port, but for EXPIRE.

    A task expires in whatever verb looks for tasks to claim, or to take away from lost workers.
    """

    CLAIM = "claim"
    START = "start"
    RENEW = "renew"
    COMPLETE = "complete"
    FAIL = "fail"
    REQUEUE = "requeue"
    RELEASE = "release"
    CANCEL = "cancel"
    EXPIRE = "expire"
    RETRY = "retry"


TRANSITIONS: Mapping[tuple[TaskStatus, TaskEvent], TaskStatus] = MappingProxyType(
    {
        (TaskStatus.QUEUED, TaskEvent.CLAIM): TaskStatus.RUNNING,
        (TaskStatus.QUEUED, TaskEvent.CANCEL): TaskStatus.CANCELLED,
        (TaskStatus.QUEUED, TaskEvent.EXPIRE): TaskStatus.EXPIRED,
        (TaskStatus.RUNNING, TaskEvent.START): TaskStatus.RUNNING,
        (TaskStatus.RUNNING, TaskEvent.RENEW): TaskStatus.RUNNING,
        (TaskStatus.RUNNING, TaskEvent.COMPLETE): TaskStatus.COMPLETED,
        (TaskStatus.RUNNING, TaskEvent.FAIL): TaskStatus.FAILED,
        (TaskStatus.RUNNING, TaskEvent.REQUEUE): TaskStatus.QUEUED,
        (TaskStatus.RUNNING, TaskEvent.RELEASE): TaskStatus.QUEUED,
        (TaskStatus.RUNNING, TaskEvent.CANCEL): TaskStatus.CANCELLED,
        (TaskStatus.FAILED, TaskEvent.RETRY): TaskStatus.QUEUED,
        (TaskStatus.CANCELLED, TaskEvent.RETRY): TaskStatus.QUEUED,
        (TaskStatus.EXPIRED, TaskEvent.RETRY): TaskStatus.QUEUED,
    }
)


def next_status(status: TaskStatus, event: TaskEvent, task_id: TaskId) -> TaskStatus:
    """Return the state after ``event``; raise IllegalTransition where the table has no row."""
    following = TRANSITIONS.get((status, event))
    if following is None:
        raise IllegalTransition(status, event, task_id)
    return following


class Cause(StrEnum):
    """Why a task failed."""

    EXCEPTION = "exception"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    SIGNAL = "signal"
    EXIT = "exit"
    WORKER_LOST = "worker_lost"
    UNSERIALIZABLE = "unserializable"
    TOO_LARGE = "too_large"
    INCOMPATIBLE = "incompatible"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Failure:
    """How an attempt failed, with the evidence.

    ``type``, ``message`` and ``traceback`` are plain text, bounded by the child that made them.
    ``exception`` is the pickle of the exception object itself, or empty where there is none: it
    is for the client to open, never for us. ``output`` is the tail of stdout and stderr.
    """

    cause: Cause
    type: str
    message: str
    traceback: str = ""
    exception: bytes = b""
    exit_code: int | None = None
    signal: int | None = None
    peak_rss_kb: int = 0
    run_ms: float = 0.0
    worker: str = ""
    attempt: int = 0
    output: str = ""

    @property
    def raised(self) -> bool:
        """Return whether the code raised, and its process lived on: only then is a traceback."""
        return self.cause is Cause.EXCEPTION or bool(self.traceback)


class Success(NamedTuple):
    """What an attempt returned: ``result`` is the pickle of the value, never opened here."""

    result: bytes
    peak_rss_kb: int = 0
    run_ms: float = 0.0
    output: str = ""


Outcome = Success | Failure


class Backoff(NamedTuple):
    """How long a task waits before it is tried again.

    ``initial_ms`` before the first further try, ``factor`` times as long before each later one,
    never over ``most_ms``; each spread by the share ``jitter`` to both sides, so that a herd does
    not come back at once. The defaults are those of RELIABILITY.md, "Timers".
    """

    initial_ms: int = 1_000
    factor: float = 4.0
    most_ms: int = 16_000
    jitter: float = 0.2


class Budget(NamedTuple):
    """How often a task may be tried, how long each time, and how long after the last.

    ``retries`` counts further tries after the code raised, ``redeliveries`` those after its own
    process died. ``timeout_ms`` bounds one attempt's run; None means no bound.
    """

    retries: int = 0
    redeliveries: int = 2
    timeout_ms: int | None = None
    backoff: Backoff = Backoff()

    @property
    def worker_losses(self) -> int:
        """Return how many losses of a whole worker are survived: 5 for the default 2.

        Gentler than ``redeliveries``: the loss of a worker takes innocent neighbours with it
        (RELIABILITY.md section 4, row 29). 0 stays 0: at most once means at most once.
        """
        return self.redeliveries * 5 // 2


class Spent(NamedTuple):
    """How much of the budget is gone: code that raised, own process died, worker was lost."""

    retries: int = 0
    strikes: int = 0
    losses: int = 0


@dataclass(frozen=True, slots=True)
class Idempotency:
    """By which a repeated request is known: the client's ``key``, and the digest of what it asks.

    ``digest`` is 64 hex digits; the same key with another digest is a mistake of the client's.
    """

    key: str
    digest: str


class NewTask(NamedTuple):
    """A task as a client submits it. ``payload`` is the pickle of ``(args, kwargs)``.

    ``tags`` are words by which its client finds it again. From ``expires_at_ms`` on (by the
    store's clock; 0: never) it is not started any more; an attempt that runs is left alone.
    What it returns or raises is kept for ``result_ttl_ms`` after its end (0: as long as the task
    itself is, and never longer than that).
    """

    id: TaskId
    function_id: FunctionId
    payload: bytes
    priority: int = 1
    delay_ms: int = 0
    budget: Budget = Budget()
    idempotency: Idempotency | None = None
    tags: tuple[str, ...] = ()
    expires_at_ms: int = 0
    result_ttl_ms: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """A task as the store shows it. Times are milliseconds since 1970 by the store's clock.

    ``queued_at_ms`` is when it last came into the queue, ``due_at_ms`` when a delayed task may be
    claimed (None: it is not delayed), ``expires_at_ms`` and ``result_ttl_ms`` as in NewTask.
    """

    id: TaskId
    function_id: FunctionId
    status: TaskStatus
    attempt: int
    priority: int
    budget: Budget
    spent: Spent
    created_at_ms: int
    queued_at_ms: int
    due_at_ms: int | None = None
    started_at_ms: int | None = None
    finished_at_ms: int | None = None
    worker: str = ""
    reason: str = ""
    tags: tuple[str, ...] = ()
    expires_at_ms: int = 0
    result_ttl_ms: int = 0


PRIORITIES = (0, 1, 2)
"""Legal priorities; 0 is served first, 1 is the default."""
