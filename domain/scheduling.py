"""Which worker gets the next task, and the reason when none does.

A roster of workers by free capacity: the least loaded for its size comes first, and among
equals the one with more free slots. A pick costs O(log n) in the number of workers, whatever
their state; entries that are out of date are dropped when they surface (a lazy heap).

A task that any version of an implementation can run (``cpython-any``) goes to the first of the
firsts: workers that serve the same tags share a heap, and few heaps serve a tag. So the figures of
a worker are kept once, whatever it serves.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TypeAlias

from .identifiers import WorkerId

_Entry: TypeAlias = tuple[float, int, int, WorkerId]
"""A place in a heap: load, slots that are taken less those that are there, version, worker."""


@dataclass(slots=True)
class _Seat:
    """One worker's capacity; ``version`` tells which heap entry is the current one."""

    worker: WorkerId
    tags: tuple[str, ...]
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

    def __str__(self) -> str:
        """Return to whom, and why, for the log."""
        return f"to {self.worker}: {self.reason}"


@dataclass(frozen=True, slots=True)
class NoPlacement:
    """Nobody can take the task now."""

    reason: str


@dataclass(slots=True)
class _Pool:
    """The workers that serve the same tags: how many, and those with room, in a lazy heap."""

    workers: int = 0
    heap: list[_Entry] = field(default_factory=list[_Entry])


class Roster:
    """The connected workers, by the environment they offer and the room they have."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._seats: dict[WorkerId, _Seat] = {}
        self._pools: dict[tuple[str, ...], _Pool] = {}
        self._serving: dict[str, list[_Pool]] = {}
        self._versions = count()
        self.rooms: dict[str, int] = {}
        """How many tasks could be placed now, by tag; all that are there.

        The room of a family is that of all its workers: it is the same room, counted twice.
        """

    def __len__(self) -> int:
        """Return how many workers there are."""
        return len(self._seats)

    def put(self, worker: WorkerId, tags: tuple[str, ...], figures: tuple[int, int, int]) -> None:
        """Add a worker, or say how it stands now: its slots, window, and tasks in hand.

        ``tags`` are those whose tasks it takes: its ``Environment.tag``, and the family of that.
        """
        self.remove(worker)
        slots, window, in_hand = figures
        seat = _Seat(worker, tags, slots, window, in_hand, next(self._versions))
        self._seats[worker] = seat
        pool = self._pools.get(tags)
        if pool is None:
            pool = self._pools[tags] = _Pool()
            for tag in tags:
                self._serving.setdefault(tag, []).append(pool)
                self.rooms.setdefault(tag, 0)
        pool.workers += 1
        self._make_room(seat, seat.room)
        if window > in_hand:
            self._push(seat, pool)

    def remove(self, worker: WorkerId) -> None:
        """Take a worker out; one that is not there is fine."""
        seat = self._seats.pop(worker, None)
        if seat is None:
            return
        self._make_room(seat, -seat.room)
        pool = self._pools[seat.tags]
        pool.workers -= 1
        if pool.workers:
            return
        del self._pools[seat.tags]
        for tag in seat.tags:
            self._serving[tag].remove(pool)
            if not self._serving[tag]:
                del self._serving[tag], self.rooms[tag]

    def update(self, worker: WorkerId, window: int, in_hand: int) -> None:
        """Say how a worker that is there stands now; one that is not there is fine."""
        seat = self._seats.get(worker)
        if seat is None or (seat.window, seat.in_hand) == (window, in_hand):
            return
        before = seat.room
        seat.window, seat.in_hand, seat.version = window, in_hand, next(self._versions)
        self._make_room(seat, seat.room - before)
        if window > in_hand:
            self._push(seat, self._pools[seat.tags])

    def offers(self, tag: str) -> bool:
        """Return whether anybody who is there could ever take a task of this tag."""
        return tag in self._serving

    def place(self, tag: str, most: int = 1) -> Placement | NoPlacement:
        """Choose a worker for the next task of a tag, and for those that follow it.

        It gets as many of ``most`` tasks as would be given to it in a row, one by one; they count
        as in its hands. A lone worker is thus chosen once for all of them.
        """
        pools = self._serving.get(tag, ())
        heap = self._first_heap(pools)
        if heap is None:
            return self._nobody(tag)
        seat = self._seats[heapq.heappop(heap)[-1]]
        if most > 1:
            others = self._first_heap(pools)
            most = _in_a_row(seat, min(most, seat.room), None if others is None else others[0])
        rivals = pools[0].workers if len(pools) == 1 else sum(pool.workers for pool in pools)
        chosen = Placement(seat.worker, seat.in_hand, seat.slots, seat.window, rivals, most)
        seat.in_hand += most
        seat.version = next(self._versions)
        self._make_room(seat, -most)
        if seat.in_hand < seat.window:
            heapq.heappush(heap, _entry(seat))
        return chosen

    def _first_heap(self, pools: Sequence[_Pool]) -> list[_Entry] | None:
        """Return the heap with the first of those that serve a tag; None if nobody has room."""
        if len(pools) == 1:
            heap = pools[0].heap
            return heap if self._first(heap) is not None else None
        heaps = [pool.heap for pool in pools if self._first(pool.heap) is not None]
        return min(heaps, key=_top) if heaps else None

    def _first(self, heap: list[_Entry]) -> _Seat | None:
        """Return who is first in a heap, after dropping what is out of date there."""
        while heap:
            _, _, version, worker = heap[0]
            seat = self._seats.get(worker)
            if seat is not None and seat.version == version and seat.in_hand < seat.window:
                return seat
            heapq.heappop(heap)
        return None

    def _nobody(self, tag: str) -> NoPlacement:
        if not self._seats:
            return NoPlacement("no worker is connected")
        if tag not in self._serving:
            others = ", ".join(sorted({tags[0] for tags in self._pools}))
            return NoPlacement(f"no connected worker runs {tag} (there are: {others})")
        workers = sum(pool.workers for pool in self._serving[tag])
        return NoPlacement(f"all {workers} workers of {tag} are full")

    def _make_room(self, seat: _Seat, by: int) -> None:
        rooms = self.rooms
        for tag in seat.tags:
            rooms[tag] += by

    def _push(self, seat: _Seat, pool: _Pool) -> None:
        heap = pool.heap
        if len(heap) > 4 * pool.workers + 64:
            heap[:] = [_entry(s) for s in self._seats.values() if s.tags == seat.tags and s.room]
            heapq.heapify(heap)
        else:
            heapq.heappush(heap, _entry(seat))


def _entry(seat: _Seat) -> _Entry:
    free = seat.slots - seat.in_hand
    return (seat.in_hand / seat.slots, -free, seat.version, seat.worker)


def _top(heap: list[_Entry]) -> _Entry:
    return heap[0]


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
