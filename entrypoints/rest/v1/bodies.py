"""The bodies of batches and results under /v1: one typed struct each, also its OpenAPI schema.

``bytes`` are binary in msgpack and base64 in JSON.
Those that come by the thousand are left out of the garbage collector's rounds (``gc=False``):
nothing in them can refer back to them.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from .fields import (
    At,
    BatchUuid,
    CauseName,
    Links,
    Status,
    TaskUuid,
    Value,
)
from .problems import Problem


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
    links: Links


class BatchStands(Struct):
    """How far a batch has come, by numbers of its tasks."""

    id: BatchUuid
    created_at: At
    count: int
    last: Annotated[int, Meta(description="The highest position of a task in it.")]
    waiting: Annotated[int, Meta(description="QUEUED and RUNNING.")]
    completed: int
    failed: int
    cancelled: int
    expired: int
    done: Annotated[bool, Meta(description="All have ended.")]
    links: Links


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
    peak_rss_kb: Annotated[int | None, Meta(description="null: not known.")]
    run_ms: float
    output: Annotated[str, Meta(description="The end of what it printed.")]


class Error(Struct):
    """Why a task failed. That a function raised is no error of HTTP."""

    type: Annotated[str, Meta(examples=["ValueError"])]
    message: str
    traceback: str
    cause: CauseName
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
    """What came of a task: ``payload``, the pickle of its value, or ``error``.

    In JSON the ``value`` itself stands beside the payload, where it is plain data.
    """

    id: TaskUuid
    status: Status
    value: Value | UnsetType = UNSET
    payload: bytes | UnsetType = UNSET
    error: Error | UnsetType = UNSET


class Item(Struct, gc=False, omit_defaults=True):
    """What came of a task of a batch; neither payload nor error if it is forgotten by now."""

    id: TaskUuid
    position: Annotated[int, Meta(description="Its place in the batch, from 1 on.")]
    status: Annotated[str, Meta(description="Or FORGOTTEN.", examples=["COMPLETED"])]
    value: Value | UnsetType = UNSET
    payload: bytes | UnsetType = UNSET
    error: Error | UnsetType = UNSET


class Page(Struct):
    """Results in the order in which the tasks ended."""

    items: list[Item]
    next_cursor: Annotated[str, Meta(description="Where the next page begins.", examples=["100"])]
    done: Annotated[bool, Meta(description="All have ended, and none comes after this page.")]
