"""The bodies of single tasks and of calls under /v1."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from .fields import (
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
    Retries,
    Status,
    TaskUuid,
    Timeout,
)


class Options(Struct, kw_only=True):
    """What may be said of a task; what is not is as its function says, or else as gofer does."""

    priority: Priority | None = None
    delay_s: Delay | None = None
    run_at: Moment | None = None
    timeout_s: Timeout | None = None
    retries: Retries | None = None
    redeliveries: Redeliveries | None = None


class Call(Options, kw_only=True):
    """Arguments as plain data, and options; nothing at all calls without arguments."""

    args: Args | UnsetType = UNSET
    kwargs: Kwargs | UnsetType = UNSET


class SubmitTask(Call, kw_only=True):
    """A wish to run a function on a ``payload``, or on ``args`` and ``kwargs``; never on both."""

    function: Reference
    payload: Payload | UnsetType = UNSET


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
    progress: Progress | None
    worker: Annotated[str | None, Meta(description="Who runs it, or ran it last.")]
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
    links: Links


class TaskCancelled(Struct):
    """What became of a task when it was cancelled."""

    id: TaskUuid
    outcome: Annotated[str, Meta(extra_json_schema={"enum": ["prevented", "stopping", "too_late"]})]
