"""Cursors of batches, and how a walk through a batch ends where the store forgets some of it."""

import pickle
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.memory.clock import ManualClock, SeededEntropy
from gofer.adapters.memory.store import MemoryStore
from gofer.adapters.payload import PickleInspector
from gofer.adapters.telemetry import CountingTelemetry
from gofer.domain.batches import Batches
from gofer.domain.cursors import START, Cursor
from gofer.domain.errors import InvalidInput
from gofer.domain.function import Environment
from gofer.domain.identifiers import WorkerId, member_ids, new_batch_id
from gofer.domain.ports import Completion, Leased
from gofer.domain.service import Service
from gofer.domain.submissions import Limits
from gofer.domain.task import NewTask, Success

POSITIONS = st.lists(st.integers(0, 65_535), max_size=40)
BATCH = new_batch_id(1_700_000_000_000, 5)
OURS = Environment("cpython", (3, 11))


@given(POSITIONS, POSITIONS)
def test_it_is_the_same_in_however_many_pages(first: list[int], then: list[int]) -> None:
    assert START.after(first).after(then) == START.after(first + then)


@given(POSITIONS)
def test_it_is_read_as_it_was_told(positions: list[int]) -> None:
    cursor = START.after(positions)
    assert Cursor.parse(str(cursor)) == cursor


def test_it_knows_the_order() -> None:
    assert START.after([1, 2]) != START.after([2, 1])
    assert START.after([]) == START


def test_a_count_alone_is_believed() -> None:
    counted = Cursor.parse("7")
    assert (counted.check, str(counted), str(counted.after([3, 4]))) == (None, "7", "9")


@pytest.mark.parametrize("text", ["0", "00", "0-00000000", "0-deadbeef"])
def test_nothing_told_is_the_start(text: str) -> None:
    assert Cursor.parse(text) == START


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", "1-", "1-12345", "1-ABCDEF01", "12345678", "1-000000000", "\u0661", "1 "],
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="neither 0 nor the next_cursor"):
        Cursor.parse(text)


# ---------------------------------------------------------------- where the store forgets


class History(NamedTuple):
    """How tasks end: so many first, then others, which the store forgets; and their new order."""

    first: list[int]
    lost: list[int]
    again: list[int]
    pages: list[int]


@st.composite
def histories(draw: st.DrawFn) -> History:
    order = draw(st.permutations(range(1, draw(st.integers(1, 8)) + 1)))
    kept = draw(st.integers(0, len(order)))
    ran = draw(st.integers(kept, len(order)))
    again = draw(st.permutations(order[kept:]))
    pages = draw(st.lists(st.integers(1, 4), min_size=1, max_size=8))
    return History(list(order[:kept]), list(order[kept:ran]), list(again), pages)


class Walk:
    """A client that goes on from cursor to cursor until all is done."""

    def __init__(self, batches: Batches, pages: list[int]) -> None:
        self._batches = batches
        self._limits = pages
        self._cursor = "0"
        self.told: list[int] = []
        self.done = False

    async def page(self) -> int:
        limit = self._limits[0]
        self._limits = [*self._limits[1:], limit]
        results = await self._batches.results(BATCH, Cursor.parse(self._cursor), limit)
        self._cursor, self.done = str(results.behind), results.done
        self.told += [ending.position for ending in results.endings]
        return len(results.endings)


async def run(store: MemoryStore, leased: dict[int, Leased], order: list[int]) -> None:
    for position in order:
        completion = Completion(leased[position].attempt, WorkerId("w"), Success(b"result"))
        await store.complete([completion])


@given(histories())
async def test_whoever_is_told_done_was_told_of_all(history: History) -> None:
    clock = ManualClock()
    store = MemoryStore(clock)
    entropy, telemetry = SeededEntropy(1), CountingTelemetry()
    inspector = PickleInspector()
    service = Service(store, store, inspector, clock, entropy, OURS, Limits(), telemetry)
    positions = sorted(history.first + history.again)
    function = await service.register("f", pickle.dumps(len))
    await store.submit([NewTask(each, function, b"a") for each in member_ids(BATCH, positions)])
    claim = await store.claim("d", "token", {OURS.tag: 9}, 1_000)
    leased = dict(zip(positions, claim.tasks, strict=True))
    walk = Walk(service.batches, history.pages)
    await run(store, leased, history.first)
    kept = store.snapshot()
    await run(store, leased, history.lost)
    while await walk.page():
        pass
    store.restore(kept)
    for position in history.again:
        await run(store, leased, [position])
        await walk.page()
    for _ in range(4 * len(positions)):
        if not walk.done:
            await walk.page()
    assert walk.done
    assert set(walk.told) == set(positions)
    if not history.lost:
        assert sorted(walk.told) == positions
