"""What the memory store forgets of ended tasks before these, and what it knows of them after."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

from ...domain.identifiers import TaskId
from ...domain.task import Failure, Outcome
from .record import Record


@dataclass(slots=True)
class Fading:
    """Results that go before their tasks do, and tasks that are known to have been there.

    ``results`` is a heap of when they go, lazy as those of ``Records``; ``gone`` says until when
    each is known, the earliest first.
    """

    results: list[tuple[float, TaskId]] = field(default_factory=list[tuple[float, TaskId]])
    gone: dict[TaskId, float] = field(default_factory=dict[TaskId, float])

    def ended(self, record: Record, now: float) -> None:
        """Have what a task has just returned or raised dropped in time."""
        if record.new.result_ttl_ms > 0:
            record.result_until = now + record.new.result_ttl_ms
            heappush(self.results, (record.result_until, record.new.id))

    def forget(self, tasks: Mapping[TaskId, Record], now: float) -> None:
        """Drop the results whose time is up, and of which tasks it is known that they were."""
        while self.results and self.results[0][0] <= now:
            until, task_id = heappop(self.results)
            record = tasks.get(task_id)
            if record is None or record.result_until != until or record.outcome is None:
                continue  # it is gone, or was tried again
            record.result_gone = True
            record.outcome = _without_pickle(record.outcome)
        while self.gone and next(iter(self.gone.values())) <= now:
            del self.gone[next(iter(self.gone))]


def _without_pickle(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Failure):
        return replace(outcome, exception=b"")
    return outcome._replace(result=b"")
