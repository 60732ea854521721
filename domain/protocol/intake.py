"""Claimed tasks that no worker has yet: on probation, or to be placed now.

A task that was tried before is on probation: its start is noted in the store before it is sent
to anybody, so that one that takes its worker down at once is charged for it all the same. Every
other task is placed in the very step in which it arrives, or goes back to the queue with the
reason: nothing waits here for a worker. (A dispatcher that stood still renews its leases first.)
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from ..function import Function, family_of
from ..identifiers import Attempt, FunctionId
from ..ports import Leased, Written
from ..scheduling import NoPlacement, Roster
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
        self.unplaced: deque[Holding] = deque()
        """Tasks for ``place``."""
        self._probation: dict[Attempt, Holding] = {}

    def __bool__(self) -> bool:
        """Return whether tasks wait for a worker."""
        return bool(self.unplaced or self._probation)

    def rooms(self) -> dict[str, int]:
        """Return how many more tasks can be claimed of which environments, those with none out."""
        rooms = self._roster.rooms
        if self.unplaced or self._probation:
            rooms = self._less_what_waits(rooms)
        return {
            tag: room
            for tag, room in rooms.items()
            if room > 0 and rooms.get(family_of(tag), room) > 0
        }

    def _less_what_waits(self, rooms: Mapping[str, int]) -> dict[str, int]:
        """Return the rooms, less what the tasks take that have none yet."""
        left = dict(rooms)
        for holding in (*self.unplaced, *self._probation.values()):
            tag = _tag(holding)
            for each in set() if tag is None else {tag, family_of(tag)}:
                if each in left:
                    left[each] -= 1
        return left

    def attempts(self) -> list[Attempt]:
        """Return all, to be kept leased."""
        return [*(holding.attempt for holding in self.unplaced), *self._probation]

    def claimed(self, tasks: Iterable[Leased], functions: Mapping[FunctionId, Function]) -> None:
        """Take tasks that were just claimed; those that no worker can be sent have failed."""
        for function_id, same in groupby(tasks, _function_id):
            function = functions.get(function_id)
            code_bytes = 0 if function is None else _code_bytes(function)
            for leased in same:
                if function is None:
                    self._ledger.outcome(without_function(leased))
                elif (size := code_bytes + len(leased.payload)) > self._carried_bytes:
                    self._ledger.outcome(too_large(leased, size, self._carried_bytes))
                else:
                    self.unplaced.append(Holding(leased, function))

    def starts_noted(self, attempts: Sequence[Attempt], answers: Sequence[Written]) -> None:
        """End the probation of attempts that are on probation; drop those that are not ours."""
        for attempt, answer in zip(attempts, answers, strict=True):
            holding = self._probation.pop(attempt, None)
            if holding is not None and answer is Written.RECORDED:
                holding.started = True
                self.unplaced.append(holding)

    def returned(self, holding: Holding) -> None:
        """Take a task back; one that has begun, or may have, needs another attempt to run."""
        if holding.started:
            self._ledger.release(holding.attempt, 0, "handed back")
        else:
            self.unplaced.appendleft(holding)

    def drop(self, gone: Collection[Attempt]) -> None:
        """Forget attempts that are not ours any more."""
        for attempt in [attempt for attempt in self._probation if attempt in gone]:
            del self._probation[attempt]
        self.unplaced = deque(h for h in self.unplaced if h.attempt not in gone)

    def place(self, *, draining: bool) -> list[Note]:
        """Give every task to a worker or back to the queue, all of them to it when draining."""
        unplaced, self.unplaced = self.unplaced, deque()
        notes: list[Note] = []
        for tag, run in _runs(unplaced):
            if draining or tag is None:
                notes.append(self._release(run, "handed back"))
            else:
                self._place(tag, run, notes)
        return notes

    def _place(self, tag: str, run: Sequence[Holding], notes: list[Note]) -> None:
        """Place tasks of one environment, as many at a time as the same worker gets in a row."""
        if self._roster.offers(tag):
            run = [each for each in run if each.started or not self._on_probation(each)]
        placed = 0
        while placed < len(run):
            choice = self._roster.place(tag, len(run) - placed)
            if isinstance(choice, NoPlacement):
                notes.append(self._release(run[placed:], choice.reason))
                return
            share = run[placed : placed + choice.count]
            self._crew.assign(choice.worker, share)
            noted = [holding.leased.attempt for holding in share if holding.started]
            if noted:  # that it may have begun is, but not where
                self._ledger.start(noted, choice.worker)
            notes.append(Note("debug", choice, share))
            placed += choice.count

    def _on_probation(self, holding: Holding) -> bool:
        """Begin the probation of an attempt that has not begun, if it has one before it."""
        if not is_noted_first(holding.leased):
            return False
        self._probation[holding.attempt] = holding
        self._ledger.start([holding.attempt])
        return True

    def _release(self, holdings: Sequence[Holding], reason: str) -> Note:
        for holding in holdings:
            self._ledger.release(holding.attempt, 0, reason)
        return Note("debug", f"back to the queue: {reason}", holdings)


_function_id: Callable[[Leased], FunctionId] = attrgetter("function_id")
_function: Callable[[Holding], Function | None] = attrgetter("function")


def _tag(holding: Holding) -> str | None:
    """Return the environment that a task needs; None if nobody can be sent its function."""
    return None if holding.function is None else holding.function.tag


def _runs(holdings: Iterable[Holding]) -> list[tuple[str | None, list[Holding]]]:
    """Return runs of tasks that need the same environment, looking once at what a function needs.

    What only some workers can run comes first: the rest fits wherever there is room.
    """
    some: list[tuple[str | None, list[Holding]]] = []
    every: list[tuple[str | None, list[Holding]]] = []
    for function, same in groupby(holdings, _function):
        tag = None if function is None else function.tag
        runs = every if function is not None and function.has_source else some
        if runs and runs[-1][0] == tag:
            runs[-1][1].extend(same)
        else:
            runs.append((tag, [*same]))
    return some + every


def _code_bytes(function: Function) -> int:
    """Return the size of the larger of a function's forms."""
    return max(len(function.payload), len(function.source))
