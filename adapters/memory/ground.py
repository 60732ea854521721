"""What the parts of the memory store stand on: the records, the time, and whom to wake."""

from collections.abc import Iterable
from copy import deepcopy

from ...domain.identifiers import TaskId, batch_of
from ...domain.ports import Clock
from ...domain.ports.history import REMEMBERED_MS
from .records import Records
from .signals import Signals
from .steps import Moment


class Ground:
    """One store's records. ``retention_ms`` is how long ended tasks can be asked for."""

    def __init__(self, clock: Clock, retention_ms: int) -> None:
        self.clock = clock
        self.retention_ms = retention_ms
        self.records = Records()
        self.signals = Signals()

    def now(self) -> Moment:
        """Return the time, after dropping what has outlived its retention by then."""
        now = Moment(self.clock.steady_ms(), self.clock.unix_ms())
        known_ms = self.retention_ms + min(self.retention_ms, REMEMBERED_MS)
        self.records.forget_ended(now.steady - self.retention_ms, known_ms)
        self.records.fading.forget(self.records.tasks, now.steady)
        self.records.forget_keys(now.steady)
        self.records.tallies.forget(now.unix_ms)
        return now

    def tell(self, touched: Iterable[TaskId] = ()) -> None:
        """Wake whom the last changes may concern; who is woken in vain waits on."""
        ended = self.terminal(frozenset(touched))
        self.signals.wake_waiters(ended)
        self.signals.wake_waiters({batch for each in ended if (batch := batch_of(each))})
        self.signals.wake_watchers()
        if self.records.bells or self.records.inboxes or self.records.handed:
            self.signals.wake_listeners()

    def terminal(self, task_ids: frozenset[TaskId]) -> frozenset[TaskId]:
        """Return those of the tasks that have ended."""
        self.now()
        known = task_ids.intersection(self.records.tasks)
        return frozenset(each for each in known if self.records.tasks[each].status.is_terminal)

    def snapshot(self) -> Records:
        """Return a copy of all that is stored."""
        return deepcopy(self.records)

    def restore(self, snapshot: Records) -> None:
        """Go back to a copy."""
        self.records = deepcopy(snapshot)
