"""Which worker gets the next task, and the reason when none does.

A roster of workers by free capacity: the least loaded for its size comes first, and among
equals the one with more free slots. A pick costs O(log n) in the number of workers, whatever
their state; entries that are out of date are dropped when they surface (a lazy heap).
"""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias

from .identifiers import WorkerId

_Entry: TypeAlias = tuple[float, int, int, WorkerId]
"""A place in a heap: load, slots that are taken less those that are there, version, worker."""


@dataclass(slots=True)
class _Seat:
    """One worker's capacity; ``version`` tells which heap entry is the current one."""

    worker: WorkerId
    tag: str
    slots: int
    window: int
    in_hand: int
    version: int

    @property
    def room(self) -> int:
        return max(0, self.window - self.in_hand)


@dataclass(frozen=True, slots=True)
class Placement:
    """The worker that gets the next ``count`` tasks, and how it stood when it was chosen."""

    worker: WorkerId
    in_hand: int
    slots: int
    window: int
    rivals: int
    count: int = 1

    @property
    def reason(self) -> str:
        """Return why, for the log."""
        return (
            f"least loaded of {self.rivals}: {self.in_hand} in hand, "
            f"{self.slots} slots, window {self.window}"
        )


@dataclass(frozen=True, slots=True)
class NoPlacement:
    """Nobody can take the task now."""

    reason: str


class Roster:
    """The connected workers, by the environment they offer and the room they have."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._seats: dict[WorkerId, _Seat] = {}
        self._heaps: dict[str, list[_Entry]] = {}
        self._population: dict[str, int] = {}
        self._versions = count()
        self._rooms: dict[str, int] = {}

    @property
    def rooms(self) -> Mapping[str, int]:
        """Return how many tasks could be placed now, by environment; all that are there."""
        return self._rooms

    def __len__(self) -> int:
        """Return how many workers there are."""
        return len(self._seats)

    def put(self, worker: WorkerId, tag: str, slots: int, window: int, in_hand: int) -> None:
        """Add a worker, or say how it stands now. ``tag`` is its ``Environment.tag``."""
        self.remove(worker)
        seat = _Seat(worker, tag, slots, window, in_hand, next(self._versions))
        self._seats[worker] = seat
        self._population[tag] = self._population.get(tag, 0) + 1
        self._rooms[tag] = self._rooms.get(tag, 0) + seat.room
        self._push(seat)

    def remove(self, worker: WorkerId) -> None:
        """Take a worker out; one that is not there is fine."""
        seat = self._seats.pop(worker, None)
        if seat is None:
            return
        self._rooms[seat.tag] -= seat.room
        self._population[seat.tag] -= 1
        if not self._population[seat.tag]:
            del self._population[seat.tag], self._rooms[seat.tag]
            self._heaps.pop(seat.tag, None)

    def update(self, worker: WorkerId, window: int, in_hand: int) -> None:
        """Say how a worker that is there stands now; one that is not there is fine."""
        seat = self._seats.get(worker)
        if seat is None or (seat.window, seat.in_hand) == (window, in_hand):
            return
        before = seat.room
        seat.window, seat.in_hand, seat.version = window, in_hand, next(self._versions)
        self._rooms[seat.tag] += seat.room - before
        self._push(seat)

    def offers(self, tag: str) -> bool:
        """Return whether anybody who is there could ever take a task of environment ``tag``."""
        return tag in self._population

    def place(self, tag: str, most: int = 1) -> Placement | NoPlacement:
        """Choose a worker of environment ``tag`` for the next task, and for those that follow it.

        It gets as many of ``most`` tasks as would be given to it in a row, one by one; they count
        as in its hands. A lone worker is thus chosen once for all of them.
        """
        heap = self._heaps.get(tag, [])
        seat = self._first(heap)
        if seat is None:
            return self._nobody(tag)
        heapq.heappop(heap)
        rival = heap[0] if self._first(heap) is not None else None
        count = _in_a_row(seat, min(most, seat.room), rival)
        chosen = Placement(
            seat.worker, seat.in_hand, seat.slots, seat.window, self._population[tag], count
        )
        seat.in_hand += count
        seat.version = next(self._versions)
        self._rooms[tag] -= count
        if seat.room:
            heapq.heappush(heap, _entry(seat))
        return chosen

    def _first(self, heap: list[_Entry]) -> _Seat | None:
        """Return who is first in a heap, after dropping what is out of date there."""
        while heap:
            _, _, version, worker = heap[0]
            seat = self._seats.get(worker)
            if seat is not None and seat.version == version and seat.room:
                return seat
            heapq.heappop(heap)
        return None

    def _nobody(self, tag: str) -> NoPlacement:
        if not self._seats:
            return NoPlacement("no worker is connected")
        if not self._population.get(tag):
            others = ", ".join(sorted(self._population))
            return NoPlacement(f"no connected worker runs {tag} (there are: {others})")
        return NoPlacement(f"all {self._population[tag]} workers of {tag} are full")

    def _push(self, seat: _Seat) -> None:
        if not seat.room:
            return
        heap = self._heaps.setdefault(seat.tag, [])
        if len(heap) > 4 * len(self._seats) + 64:
            heap[:] = [_entry(s) for s in self._seats.values() if s.tag == seat.tag and s.room]
            heapq.heapify(heap)
        else:
            heapq.heappush(heap, _entry(seat))


def _entry(seat: _Seat) -> _Entry:
    free = seat.slots - seat.in_hand
    return (seat.in_hand / seat.slots, -free, seat.version, seat.worker)


def _in_a_row(seat: _Seat, most: int, rival: _Entry | None) -> int:
    """Return how many tasks the first gets, one after the other, before its rival is the first.

    Among equals the rival is: its place in the line is older than that of a seat that has just
    been given something.
    """
    if rival is None:
        return most
    for given in range(1, most):
        in_hand = seat.in_hand + given
        if (in_hand / seat.slots, in_hand - seat.slots) >= rival[:2]:
            return given
    return most
