"""The bodies of workers and queues under /v1."""

from typing import Annotated

from msgspec import Meta, Struct

from ....domain.ports import WorkerState
from .fields import At, Links, NextCursor, Priority, TaskUuid
from .function_bodies import OfEnvironment


class WorkerStands(Struct):
    """A worker, as its dispatcher saw it a second ago."""

    id: Annotated[str, Meta(examples=["host-4711-0badcafe"])]
    mode: Annotated[str, Meta(examples=["push"])]
    host: str
    pid: int
    environment: OfEnvironment
    slots: Annotated[int, Meta(description="So many tasks run at once.")]
    in_hand: Annotated[int, Meta(description="Tasks that it was given and has not ended.")]
    running: Annotated[list[TaskUuid], Meta(description="Some of those that run, 100 at most.")]
    state: Annotated[str, Meta(extra_json_schema={"enum": [str(each) for each in WorkerState]})]
    connected_at: At
    seen_at: At
    dispatcher: str
    links: Links


class WorkerPage(Struct):
    """All workers, by id."""

    items: list[WorkerStands]
    next_cursor: NextCursor


class Rates(Struct):
    """Of the last minute."""

    submitted_per_s: float
    claimed_per_s: Annotated[float, Meta(description="Given to dispatchers.")]


class QueueStands(Struct):
    """The queue of one priority."""

    priority: Priority
    depth: Annotated[int, Meta(description="Tasks that may be claimed.")]
    oldest_age_s: Annotated[float | None, Meta(description="Of the first in line; null: none.")]
    paused: bool
    rates: Rates


class Totals(Struct):
    """Tasks since the store is there."""

    submitted: int
    completed: int
    failed: int
    cancelled: int
    expired: int


class QueuesStand(Struct):
    """All queues, and what is in none of them."""

    items: list[QueueStands]
    next_cursor: NextCursor
    delayed: Annotated[int, Meta(description="Tasks that wait for their time.")]
    running: int
    totals: Totals


class QueuePurged(Struct):
    """What became of a queue's tasks."""

    priority: Priority
    cancelled: Annotated[int, Meta(description="How many were queued, and will never start.")]
