"""The bodies of single tasks and of calls under /v1.

Requests are refused for a field that is not named here: a misspelt option must not be dropped.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ....domain.submissions import FACTOR_MOST
from ....domain.task import Backoff
from .fields import (
    MOST_S,
    MOST_TASKS,
    Args,
    At,
    BatchUuid,
    Delay,
    FunctionUuid,
    Kwargs,
    Links,
    Moment,
    Payload,
    Priority,
    Redeliveries,
    Reference,
    ResultTtl,
    Retries,
    Status,
    Tags,
    TaskUuid,
    Timeout,
)

_BACKOFF = Backoff()


class OfBackoff(Struct, frozen=True, forbid_unknown_fields=True):
    """How long a task waits before it is tried again: ``initial_s``, then ``factor`` times that."""

    initial_s: Annotated[float, Meta(ge=0, le=MOST_S)] = _BACKOFF.initial_ms / 1000
    factor: Annotated[float, Meta(ge=1, le=FACTOR_MOST)] = _BACKOFF.factor
    max_s: Annotated[float, Meta(ge=0, le=MOST_S, description="At least `initial_s`.")] = (
        _BACKOFF.most_ms / 1000
    )
    jitter: Annotated[
        float, Meta(ge=0, le=1, description="By which share each is spread to both sides.")
    ] = _BACKOFF.jitter


class Options(Struct, kw_only=True, gc=False, forbid_unknown_fields=True):
    """What may be said of a task; what is not is as its function says, or else as gofer does."""

    priority: Priority | None = None
    delay_s: Delay | None = None
    run_at: Annotated[Moment, Meta(description="Not before then; or say `delay_s`.")] | None = None
    expires_at: (
        Annotated[Moment, Meta(description="Not started from then on; or say `expires_in_s`.")]
        | None
    ) = None
    expires_in_s: Annotated[float, Meta(gt=0, le=MOST_S)] | None = None
    timeout_s: Timeout | None = None
    retries: Retries | None = None
    redeliveries: Redeliveries | None = None
    backoff: OfBackoff | None = None
    result_ttl_s: ResultTtl | None = None
    tags: Tags | None = None
    on_incompatible: (
        Annotated[
            Literal["wait", "fail"],
            Meta(description="Where no worker that is there can run it; `wait` if not said."),
        ]
        | None
    ) = None


class Call(Options, kw_only=True, gc=False):
    """Arguments as plain data (``args``, ``kwargs``), or pickled (``payload``); never both.

    Beside them options. Nothing at all calls without arguments.
    """

    args: Args | UnsetType = UNSET
    kwargs: Kwargs | UnsetType = UNSET
    payload: Payload | UnsetType = UNSET


class SubmitTask(Call, kw_only=True):
    """A wish to run a function on a ``payload``, or on ``args`` and ``kwargs``; never on both."""

    function: Reference


class NewTask(Call, kw_only=True, gc=False):
    """One task of a batch: a ``payload``, or ``args`` and ``kwargs``; never both.

    What it does not say is as the batch says.
    """

    function: Reference | None = None


class SubmitBatch(Options, kw_only=True):
    """Many tasks in one request, and what holds for all that do not say otherwise."""

    tasks: Annotated[list[NewTask], Meta(min_length=1, max_length=MOST_TASKS)]
    function: Reference | None = None


class OfFunction(Struct):
    """The function of a task."""

    id: FunctionUuid
    name: Annotated[str | None, Meta(description="null: it is gone by now.")]
    version: int | None


class Progress(Struct):
    """How far a task says that it has come."""

    done: float
    total: float | None
    note: str


class TaskStands(Struct):
    """A task as it stands. Times are null where something has not happened."""

    id: TaskUuid
    function: OfFunction
    status: Status
    reason: Annotated[str, Meta(description="Why it waits, in words, where that is known.")]
    attempt: Annotated[int, Meta(description="How often it was tried, this time included.")]
    priority: Priority
    tags: list[str]
    progress: Annotated[
        Progress | None,
        Meta(description="The last of it; in a list, only of the first 20 that run."),
    ]
    worker: Annotated[
        str | None,
        Meta(description="Who runs it, as of a second ago, or ran it last; null: not known."),
    ]
    batch: BatchUuid | None
    created_at: At
    queued_at: At | None
    started_at: At | None
    finished_at: At | None
    run_at: At | None
    expires_at: At | None
    timeout_s: Annotated[float | None, Meta(description="null: no limit.")]
    retries: int
    redeliveries: int
    backoff: OfBackoff
    result_ttl_s: Annotated[
        float | None,
        Meta(description="How long its result is kept; null: as long as the task is."),
    ]
    links: Links


class TaskCancelled(Struct):
    """What became of a task when it was cancelled."""

    id: TaskUuid
    outcome: Annotated[str, Meta(extra_json_schema={"enum": ["prevented", "stopping", "too_late"]})]
