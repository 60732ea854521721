"""Claimed tasks that no worker has yet: on probation, or to be placed now.

A task that was tried before is on probation: its start is noted in the store before it is sent
to anybody, so that one that takes its worker down at once is charged for it all the same. Every
other task is placed in the very step in which it arrives, or goes back to the queue with the
reason: nothing waits here for a worker. (A dispatcher that stood still renews its leases first.)
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping

from ..function import Function
from ..identifiers import Attempt, FunctionId
from ..ports import Leased
from ..scheduling import Placement, Roster
from .crew import Crew
from .effects import Note
from .ledger import Ledger
from .member import Holding
from .verdicts import is_noted_first, too_large, without_function


class Intake:
    """Tasks between their claim and the worker that gets them."""

    def __init__(self, roster: Roster, ledger: Ledger, crew: Crew, carried_bytes: int) -> None:
        """Start with no task. ``carried_bytes`` is the most that a link carries for one."""
        self._carried_bytes = carried_bytes
        self._roster = roster
        self._ledger = ledger
        self._crew = crew
        self._unplaced: deque[Holding] = deque()
        self._probation: dict[Attempt, Holding] = {}

    def __bool__(self) -> bool:
        """Return whether tasks wait for a worker."""
        return bool(self._unplaced or self._probation)

    def rooms(self) -> dict[str, int]:
        """Return how many more tasks can be claimed of which environments, those with none out."""
        rooms = dict(self._roster.rooms)
        for holding in (*self._unplaced, *self._probation.values()):
            if holding.function is not None and holding.function.environment.tag in rooms:
                rooms[holding.function.environment.tag] -= 1
        return {tag: room for tag, room in rooms.items() if room > 0}

    def attempts(self) -> list[Attempt]:
        """Return all, to be kept leased."""
        return [*(holding.attempt for holding in self._unplaced), *self._probation]

    def claimed(self, tasks: Iterable[Leased], functions: Mapping[FunctionId, Function]) -> None:
        """Take tasks that were just claimed; those that no worker can be sent have failed."""
        for leased in tasks:
            self._claimed(leased, functions.get(leased.function_id))

    def _claimed(self, leased: Leased, function: Function | None) -> None:
        if function is None:
            self._ledger.outcome(without_function(leased))
        elif (size := len(function.payload) + len(leased.payload)) > self._carried_bytes:
            self._ledger.outcome(too_large(leased, size, self._carried_bytes))
        else:
            self._unplaced.append(Holding(leased, function))

    def start_noted(self, attempt: Attempt, *, ours: bool) -> None:
        """End an attempt's probation, if it is on probation; drop it if it is not ours."""
        holding = self._probation.pop(attempt, None)
        if holding is not None and ours:
            holding.started = True
            self._unplaced.append(holding)

    def returned(self, holding: Holding) -> None:
        """Take a task back; one that has begun, or may have, needs another attempt to run."""
        if holding.started:
            self._ledger.release(holding.attempt, 0, "handed back")
        else:
            self._unplaced.appendleft(holding)

    def drop(self, gone: Collection[Attempt]) -> None:
        """Forget attempts that are not ours any more."""
        for attempt in [attempt for attempt in self._probation if attempt in gone]:
            del self._probation[attempt]
        self._unplaced = deque(h for h in self._unplaced if h.attempt not in gone)

    def place(self, *, draining: bool) -> Iterator[Note]:
        """Give every task to a worker or back to the queue, all of them to it when draining."""
        while self._unplaced:
            holding = self._unplaced.popleft()
            function = holding.function
            if draining or function is None:
                yield self._release(holding, "handed back")
                continue
            if self._is_on_probation(holding, function):
                self._probation[holding.attempt] = holding
                self._ledger.start([holding.attempt])
                continue
            choice = self._roster.place(function.environment.tag)
            if isinstance(choice, Placement):
                self._crew.assign(choice.worker, holding, function)
                yield Note("debug", f"{holding.attempt} to {choice.worker}: {choice.reason}")
            else:
                yield self._release(holding, choice.reason)

    def _is_on_probation(self, holding: Holding, function: Function) -> bool:
        is_due = not holding.started and is_noted_first(holding.leased)
        return is_due and self._roster.offers(function.environment.tag)

    def _release(self, holding: Holding, reason: str) -> Note:
        self._ledger.release(holding.attempt, 0, reason)
        return Note("debug", f"{holding.attempt} back to the queue: {reason}")
