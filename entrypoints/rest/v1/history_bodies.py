"""The bodies of lists of tasks, and of attempts, under /v1."""

from typing import Annotated

from msgspec import Meta, Struct

from ....domain.attempts import AttemptEnd
from .bodies import Error
from .fields import At, NextCursor
from .task_bodies import TaskStands


class TaskPage(Struct):
    """Tasks, the newest first. A page may be short, or empty, and not be the last."""

    items: list[TaskStands]
    next_cursor: NextCursor


class OfAttempt(Struct):
    """One try at a task, with what was seen of it."""

    number: int
    outcome: Annotated[str, Meta(extra_json_schema={"enum": [str(each) for each in AttemptEnd]})]
    worker: str | None
    queued_at: At | None
    started_at: Annotated[At | None, Meta(description="null: its start was not seen.")]
    finished_at: At | None
    queued_s: Annotated[float | None, Meta(description="How long it waited before.")]
    run_s: Annotated[float | None, Meta(description="How long the function ran.")]
    peak_rss_kb: Annotated[int | None, Meta(description="The most memory of its process.")]
    error: Error | None
    output: Annotated[str, Meta(description="The end of what it printed.")]


class Attempts(Struct):
    """A task's attempts, the first one first."""

    items: list[OfAttempt]
