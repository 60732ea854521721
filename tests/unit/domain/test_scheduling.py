"""The roster against a naive one: a list that is sorted for every choice."""

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from gofer.domain.identifiers import WorkerId
from gofer.domain.scheduling import NoPlacement, Placement, Roster

WORKERS = [WorkerId(f"w{n}") for n in range(6)]
NAMES = st.sampled_from(WORKERS)
SERVED = st.sampled_from(
    [
        ("cpython-3.11", "cpython-any"),
        ("cpython-3.12", "cpython-any"),
        ("cpython-3.11",),
        ("pypy-3.11", "pypy-any"),
    ]
)
TAGS = st.sampled_from(["cpython-3.11", "cpython-3.12", "pypy-3.11", "cpython-any"])
SLOTS = st.integers(1, 4)
FIGURES = st.integers(0, 6)


@dataclass(slots=True)
class Naive:
    """One worker; ``since`` counts up with every change of its figures."""

    tags: tuple[str, ...]
    slots: int
    window: int
    in_hand: int
    since: int

    @property
    def room(self) -> int:
        return max(0, self.window - self.in_hand)

    @property
    def order(self) -> tuple[float, int, int]:
        return (self.in_hand / self.slots, self.in_hand - self.slots, self.since)


class RosterMachine(RuleBasedStateMachine):
    """Does the same to both, and compares."""

    def __init__(self) -> None:
        super().__init__()
        self.roster = Roster()
        self.naive: dict[WorkerId, Naive] = {}
        self.changes = 0

    def changed(self) -> int:
        self.changes += 1
        return self.changes

    @rule(worker=NAMES, tags=SERVED, figures=st.tuples(SLOTS, FIGURES, FIGURES))
    def put(self, worker: WorkerId, tags: tuple[str, ...], figures: tuple[int, int, int]) -> None:
        self.roster.put(worker, tags, figures)
        self.naive[worker] = Naive(tags, *figures, self.changed())

    @rule(worker=NAMES)
    def remove(self, worker: WorkerId) -> None:
        self.roster.remove(worker)
        self.naive.pop(worker, None)

    @rule(worker=NAMES, window=FIGURES, in_hand=FIGURES)
    def update(self, worker: WorkerId, window: int, in_hand: int) -> None:
        self.roster.update(worker, window, in_hand)
        seat = self.naive.get(worker)
        if seat is not None and (seat.window, seat.in_hand) != (window, in_hand):
            seat.window, seat.in_hand, seat.since = window, in_hand, self.changed()

    @rule(tag=TAGS, most=st.integers(1, 8))
    def place(self, tag: str, most: int) -> None:
        choice = self.roster.place(tag, most)
        fitting = {name: seat for name, seat in self.naive.items() if tag in seat.tags}
        free = [name for name, seat in fitting.items() if seat.room]
        if not free:
            assert isinstance(choice, NoPlacement)
            assert ("runs" in choice.reason) == bool(self.naive and not fitting)
            return
        best = self.best(tag)
        assert best is not None
        seat = fitting[best]
        before, row = seat.in_hand, 0
        while row < most and self.best(tag) == best:
            seat.in_hand, seat.since = seat.in_hand + 1, self.changed()
            row += 1
        assert choice == Placement(best, before, seat.slots, seat.window, len(fitting), row)

    def best(self, tag: str) -> WorkerId | None:
        free = [name for name, seat in self.naive.items() if tag in seat.tags and seat.room]
        return min(free, key=lambda name: self.naive[name].order, default=None)

    @rule(tags=SERVED, worker=NAMES, times=st.integers(1, 300))
    def flicker(self, tags: tuple[str, ...], worker: WorkerId, times: int) -> None:
        """Many changes without a choice in between: what is out of date must not pile up."""
        for n in range(times):
            self.put(worker, tags, (1, 5, n % 2))

    @invariant()
    def room_is_the_sum(self) -> None:
        rooms: dict[str, int] = {}
        for seat in self.naive.values():
            for tag in seat.tags:
                rooms[tag] = rooms.get(tag, 0) + seat.room
        assert self.roster.rooms == rooms
        assert len(self.roster) == len(self.naive)

    @invariant()
    def what_is_out_of_date_is_bounded(self) -> None:
        pools = self.roster._pools  # pyright: ignore[reportPrivateUsage]
        assert sum(len(pool.heap) for pool in pools.values()) <= len(pools) * (
            4 * len(WORKERS) + 65
        )
        assert set(pools) == {seat.tags for seat in self.naive.values()}


def test_the_roster_chooses_as_a_sorted_list_would() -> None:
    run_state_machine_as_test(
        RosterMachine, settings=settings(stateful_step_count=30, deadline=None)
    )


def test_the_least_loaded_for_its_size_comes_first_then_the_one_with_more_free_slots() -> None:
    roster = Roster()
    roster.put(WorkerId("small"), ("t",), (1, 1, 0))
    roster.put(WorkerId("large"), ("t",), (4, 4, 0))
    chosen = [roster.place("t") for _ in range(5)]
    assert [c.worker for c in chosen if isinstance(c, Placement)] == [
        "large",
        "small",
        "large",
        "large",
        "large",
    ]
    assert isinstance(roster.place("t"), NoPlacement)


def test_a_choice_says_why() -> None:
    roster = Roster()
    roster.put(WorkerId("w"), ("t",), (2, 4, 1))
    choice = roster.place("t")
    assert isinstance(choice, Placement)
    assert choice.reason == "least loaded of 1: 1 in hand, 2 slots, window 4"


def test_the_reason_for_no_choice_tells_what_is_missing() -> None:
    roster = Roster()
    nobody = roster.place("cpython-3.11")
    assert nobody == NoPlacement("no worker is connected")
    roster.put(WorkerId("w"), ("cpython-3.12", "cpython-any"), (1, 1, 1))
    foreign = roster.place("cpython-3.11")
    assert isinstance(foreign, NoPlacement)
    assert "cpython-3.12" in foreign.reason
    full = roster.place("cpython-3.12")
    assert full == NoPlacement("all 1 workers of cpython-3.12 are full")
