"""All that the memory store knows of one task. Whether a step is legal is not decided here."""

from dataclasses import dataclass, field

from ...domain.attempts import AttemptRecord
from ...domain.identifiers import Attempt
from ...domain.task import NewTask, Outcome, Spent, Task, TaskEvent, TaskStatus


@dataclass(slots=True)
class Record:
    """All that is known of one task; ``tag`` is the environment that its function needs.

    ``due`` is when a delayed task may be claimed (None: it is not delayed), ``due_at_ms`` the
    same by the clock on the wall; ``attempt`` is the last claim, and ``ended_by`` the verb by
    which that claim's holder ended it, if it did. ``past`` are attempts before the last, and
    ``stopped`` says that it was cancelled while it ran. ``result_until`` is when its result is
    forgotten, if before the task is, and ``result_gone`` says that it was.
    """

    new: NewTask
    tag: str
    created_at_ms: int
    queued_at_ms: int
    due_at_ms: int = 0
    status: TaskStatus = TaskStatus.QUEUED
    spent: Spent = field(default_factory=Spent)
    due: float | None = None
    attempt: Attempt | None = None
    owner: str = ""
    lease_until: float = 0.0
    ended_by: TaskEvent | None = None
    started_at_ms: int | None = None
    finished_at_ms: int | None = None
    worker: str = ""
    reason: str = ""
    outcome: Outcome | None = None
    past: list[AttemptRecord] = field(default_factory=list[AttemptRecord])
    stopped: bool = False
    result_until: float = 0.0
    result_gone: bool = False

    @property
    def told(self) -> Outcome | None:
        """Return the outcome as long as it is kept."""
        return None if self.result_gone else self.outcome

    @property
    def number(self) -> int:
        """Return the number of the last attempt; 0 before the first."""
        return 0 if self.attempt is None else self.attempt.number

    def shown(self) -> Task:
        """Return the task as the port shows it."""
        return Task(
            id=self.new.id,
            function_id=self.new.function_id,
            status=self.status,
            attempt=self.number,
            priority=self.new.priority,
            budget=self.new.budget,
            spent=self.spent,
            created_at_ms=self.created_at_ms,
            queued_at_ms=self.queued_at_ms,
            due_at_ms=None if self.due is None else self.due_at_ms,
            started_at_ms=self.started_at_ms,
            finished_at_ms=self.finished_at_ms,
            worker=self.worker,
            reason=self.reason,
            tags=self.new.tags,
            expires_at_ms=self.new.expires_at_ms,
            result_ttl_ms=self.new.result_ttl_ms,
        )
