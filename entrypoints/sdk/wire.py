"""What goes over the wire, as a client sees it: msgpack, one struct a body.

Only what the client reads or sends is named; what a newer service adds is passed over.
"""

from msgspec import Struct


class NewTask(Struct, gc=False, omit_defaults=True):
    """One task of a batch; ``function`` where it is not the batch's."""

    payload: bytes
    function: str | None = None


class Options(Struct, omit_defaults=True, kw_only=True):
    """What may be said of tasks; None: as the function or the service has it."""

    priority: int | None = None
    delay_s: float | None = None
    timeout_s: float | None = None
    retries: int | None = None
    redeliveries: int | None = None
    tags: list[str] | None = None
    backoff: dict[str, float] | None = None
    run_at: str | None = None
    expires_at: str | None = None
    expires_in_s: float | None = None
    result_ttl_s: float | None = None
    on_incompatible: str | None = None


class SubmitBatch(Options, omit_defaults=True):
    """Many tasks, and what holds for all of them."""

    tasks: list[NewTask]
    function: str | None = None


class SubmitTask(Options, omit_defaults=True):
    """One task."""

    function: str
    payload: bytes


class Problem(Struct, gc=False):
    """Why something was refused."""

    type: str = ""
    status: int = 0
    detail: str = ""

    @property
    def kind(self) -> str:
        """Return which problem it is: "not-found"."""
        return self.type.rpartition(":")[2] or "unknown"


class Accepted(Struct, gc=False):
    """What became of one task: its ``id``, or the ``error``."""

    id: str = ""
    error: Problem | None = None


class BatchSubmitted(Struct):
    """A batch was recorded."""

    id: str
    tasks: list[Accepted]


class BatchCancelled(Struct):
    """What became of a batch's tasks when it was cancelled, by their numbers."""

    prevented: int
    stopping: int
    too_late: int


class Error(Struct, gc=False):
    """Why a task failed; ``exception`` is its pickle, empty if there is none."""

    type: str = ""
    message: str = ""
    traceback: str = ""
    cause: str = ""
    retryable: bool = False
    attempt: int = 0
    worker: str = ""
    exception: bytes = b""


class Item(Struct, gc=False):
    """What came of a task; ``position`` is its place in its batch, 0 if it is of none."""

    id: str
    status: str
    position: int = 0
    payload: bytes | None = None
    error: Error | None = None


class Page(Struct):
    """Results in the order in which the tasks ended."""

    items: list[Item]
    next_cursor: str
    done: bool


class FunctionRegistered(Struct):
    """A function was registered: ``id`` under /v1, ``function_id`` by the original contract."""

    id: str = ""
    function_id: str = ""
