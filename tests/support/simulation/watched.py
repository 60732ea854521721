"""The memory store with its back open: the simulation looks inside, and puts it back as it was."""

from copy import deepcopy
from dataclasses import dataclass, fields

from gofer.adapters.memory.record import Record
from gofer.adapters.memory.records import Records
from gofer.adapters.memory.store import MemoryStore
from gofer.domain.identifiers import TaskId
from gofer.domain.task import TaskStatus
from tests.support.simulation.timeline import Timeline

EPOCH_MS = 1_700_000_000_000


@dataclass(slots=True)
class StoreClock:
    """The store's own time: it is the true time here, from which the nodes' clocks drift.

    ``ahead_ms`` is how far it has jumped.
    """

    timeline: Timeline
    ahead_ms: float = 0.0

    def unix_ms(self) -> int:
        """Return milliseconds since 1970."""
        return EPOCH_MS + int(self.steady_ms())

    def steady_ms(self) -> float:
        """Return milliseconds since the beginning."""
        return self.timeline.now + self.ahead_ms


class WatchedStore(MemoryStore):
    """What the dispatchers share. Everything here is for the referee and costs O(1) a task."""

    def record(self, task_id: TaskId) -> Record | None:
        """Return all that is stored of a task."""
        return self._records.tasks.get(task_id)

    def has_hint(self, owner: str) -> bool:
        """Return whether ``listen`` would answer at once."""
        records = self._records
        known = records.listeners.get(owner, -1.0) >= self._ground.clock.steady_ms()
        places = (records.bells, records.handed, records.inboxes)
        return not known or any(owner in place for place in places)

    def misplaced(self, record: Record) -> str:
        """Return why a task is not in exactly one place; empty if it is."""
        task_id, records = record.new.id, self._records
        queues = [name for name, queue in records.ready.items() if task_id in queue]
        queued = record.status is TaskStatus.QUEUED
        if len(queues) != (queued and record.due is None):
            return f"{record} is in the queues {queues}"
        if record.due is not None and not queued:
            return f"{record} is delayed"
        if (record.outcome is not None) != record.status.is_terminal:
            return f"{record} has the outcome {record.outcome}"
        return ""

    def image(self) -> Records:
        """Return a copy of all that is stored, but for what never changes: values are shared."""
        records = self._records
        shared: list[object] = [*records.functions.values()]
        for record in records.tasks.values():
            shared += (getattr(record, field.name) for field in fields(record))
        return deepcopy(records, {id(value): value for value in shared})

    def put_back(self, image: Records) -> None:
        """Go back to an image, which must not be used again."""
        self._ground.records = image
