"""The bodies of requests and answers under /v1: one typed struct each, also its OpenAPI schema.

``bytes`` are binary in msgpack and base64 in JSON. Fields that a struct does not name are ignored.
Those that come by the thousand are left out of the garbage collector's rounds (``gc=False``):
nothing in them can refer back to them.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from ....domain.identifiers import BatchId
from ....domain.ports import BatchState
from ....domain.task import Budget, Cause, Failure, Outcome
from .problems import Problem

MOST_TASKS = 10_000
"""Tasks of one batch, as the API promises them."""

_UUID = "01890a5d-ac96-774b-bcce-b302099a8057"
_BATCH = "01890a5d-ac96-7400-a21f-5b0a993b0000"
_MEMBER = "01890a5d-ac96-7400-a21f-5b0a993b0001"
_MOST_S = 366 * 86_400
_BUDGET = Budget()

Reference = Annotated[
    str,
    Meta(
        description="The id of a function.",
        pattern=r"^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$",
        examples=[_UUID],
    ),
]
Payload = Annotated[
    bytes,
    Meta(
        description="The pickle of (args, kwargs), a tuple and a dict.",
        examples=["gASVDAAAAAAAAABK6////4WUfZSGlC4="],
    ),
]
Priority = Annotated[int, Meta(ge=0, le=2, description="0 is served first.")]
Delay = Annotated[float, Meta(ge=0, le=_MOST_S, description="Seconds until it may start.")]
Timeout = Annotated[float, Meta(gt=0, le=_MOST_S, description="Seconds that one try may take.")]
Tries = Annotated[int, Meta(ge=0, le=1_000)]
Retries = Annotated[Tries, Meta(description="Further tries after the code has raised.")]
Redeliveries = Annotated[
    Tries, Meta(description="Further tries after the task's own process has died.")
]
Link = Annotated[dict[str, str], Meta(description="Where else to look, by name.")]
Status = Annotated[
    str,
    Meta(
        examples=["COMPLETED"],
        extra_json_schema={
            "enum": ["QUEUED", "RUNNING", "COMPLETED", "FAILED", "CANCELLED", "EXPIRED"]
        },
    ),
]
BatchUuid = Annotated[str, Meta(description="The id of a batch.", examples=[_BATCH])]
TaskUuid = Annotated[str, Meta(description="The id of a task.", examples=[_MEMBER])]


# ---------------------------------------------------------------- what comes in


class NewTask(Struct, gc=False):
    """One task of a batch. What it does not say is as the batch says."""

    payload: Payload
    function: Reference | None = None
    priority: Priority | None = None
    delay_s: Delay | None = None
    timeout_s: Timeout | None = None
    retries: Retries | None = None
    redeliveries: Redeliveries | None = None


class SubmitBatch(Struct):
    """Many tasks in one request, and what holds for all that do not say otherwise."""

    tasks: Annotated[list[NewTask], Meta(min_length=1, max_length=MOST_TASKS)]
    function: Reference | None = None
    priority: Priority = 1
    delay_s: Delay = 0.0
    timeout_s: Timeout | None = None
    retries: Retries = _BUDGET.retries
    redeliveries: Redeliveries = _BUDGET.redeliveries


# ---------------------------------------------------------------- what goes out


class Accepted(Struct, gc=False, omit_defaults=True):
    """What became of one task: its id, or why there is none."""

    id: TaskUuid | UnsetType = UNSET
    status: Annotated[str, Meta(examples=["QUEUED"])] | UnsetType = UNSET
    error: Problem | UnsetType = UNSET


class BatchSubmitted(Struct):
    """A batch was recorded: its tasks will not be lost. ``tasks`` are in the request's order."""

    id: BatchUuid
    count: Annotated[int, Meta(description="How many tasks were accepted.")]
    tasks: list[Accepted]
    links: Link


class BatchStands(Struct):
    """How far a batch has come, by numbers of its tasks."""

    id: BatchUuid
    created_at_ms: Annotated[int, Meta(description="Milliseconds since 1970.")]
    count: int
    waiting: Annotated[int, Meta(description="QUEUED and RUNNING.")]
    completed: int
    failed: int
    cancelled: int
    expired: int
    done: Annotated[bool, Meta(description="All have ended.")]
    links: Link


class BatchCancelled(Struct):
    """What became of a batch's tasks when it was cancelled, by their numbers."""

    id: BatchUuid
    prevented: Annotated[int, Meta(description="Were queued, and will never start.")]
    stopping: Annotated[int, Meta(description="Ran, and are being killed.")]
    too_late: Annotated[int, Meta(description="Had ended before.")]


class Evidence(Struct, gc=False):
    """What was seen of a failure."""

    exit_code: int | None
    signal: int | None
    peak_rss_kb: int
    run_ms: float
    output: Annotated[str, Meta(description="The end of what it printed.")]


class Error(Struct):
    """Why a task failed. That a function raised is no error of HTTP."""

    type: Annotated[str, Meta(examples=["ValueError"])]
    message: str
    traceback: str
    cause: Annotated[str, Meta(extra_json_schema={"enum": [each.value for each in Cause]})]
    retryable: Annotated[
        bool, Meta(description="Nothing says that another try would end the same way.")
    ]
    attempt: int
    worker: str
    evidence: Evidence
    exception: Annotated[
        bytes, Meta(description="The pickle of the exception; empty if there is none.")
    ]


class Result(Struct, gc=False, omit_defaults=True):
    """What came of a task: ``payload``, the pickle of its value, or ``error``."""

    id: TaskUuid
    status: Status
    payload: bytes | UnsetType = UNSET
    error: Error | UnsetType = UNSET


class Item(Struct, gc=False, omit_defaults=True):
    """What came of a task of a batch; neither payload nor error if it is forgotten by now."""

    id: TaskUuid
    position: Annotated[int, Meta(description="Its place in the batch, from 1 on.")]
    status: Annotated[str, Meta(examples=["COMPLETED"])]
    payload: bytes | UnsetType = UNSET
    error: Error | UnsetType = UNSET


class Page(Struct):
    """Results in the order in which the tasks ended."""

    items: list[Item]
    next_cursor: Annotated[str, Meta(description="Where the next page begins.", examples=["100"])]
    done: Annotated[bool, Meta(description="All have ended, and none comes after this page.")]


# ---------------------------------------------------------------- from the domain's words

_HOPELESS = frozenset(
    {Cause.EXCEPTION, Cause.UNSERIALIZABLE, Cause.TOO_LARGE, Cause.INCOMPATIBLE, Cause.CANCELLED}
)
"""Causes after which another try of the same task would end the same way, or is not wanted."""


def error_of(failure: Failure) -> Error:
    """Return a failure as it is told."""
    return Error(
        type=failure.type,
        message=failure.message,
        traceback=failure.traceback,
        cause=failure.cause.value,
        retryable=failure.cause not in _HOPELESS,
        attempt=failure.attempt,
        worker=failure.worker,
        evidence=Evidence(
            failure.exit_code,
            failure.signal,
            failure.peak_rss_kb,
            failure.run_ms,
            failure.output,
        ),
        exception=failure.exception,
    )


def told(outcome: Outcome | None) -> tuple[bytes | UnsetType, Error | UnsetType]:
    """Return payload and error of an outcome: one of them, or neither if there is none."""
    if outcome is None:
        return UNSET, UNSET
    return (UNSET, error_of(outcome)) if isinstance(outcome, Failure) else (outcome.result, UNSET)


def state_of(batch_id: BatchId, state: BatchState, links: dict[str, str]) -> BatchStands:
    """Return how a batch stands as it is told."""
    return BatchStands(
        id=batch_id,
        created_at_ms=state.created_at_ms,
        count=state.count,
        waiting=state.count - state.ended,
        completed=state.completed,
        failed=state.failed,
        cancelled=state.cancelled,
        expired=state.expired,
        done=state.ended >= state.count,
        links=links,
    )
