"""The shared word: what is written is read, at any time of the clock."""

import os
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.processes import marker
from gofer.adapters.processes.marker import Marker

TICK_NS = 100_000
numbers = st.integers(1, 1 << 60)
moments = st.integers(0, 1 << 62)


@given(number=numbers, now=moments)
def test_a_word_tells_its_number_and_no_near_one(number: int, now: int) -> None:
    word = marker.pack(number, now)
    assert marker.runs(word, number)
    assert not any(marker.runs(word, number + step) for step in (-200, -1, 1, 200))


@given(number=numbers, began=moments, ago_ms=st.integers(0, 10**9))
def test_the_time_that_has_passed_is_told_to_a_tick(number: int, began: int, ago_ms: int) -> None:
    word = marker.pack(number, began)
    assert marker.elapsed_ms(word, began + ago_ms * 1_000_000) == pytest.approx(ago_ms, abs=0.11)


@given(number=numbers, now=moments)
def test_a_clock_that_is_read_a_little_earlier_gives_no_time_at_all(number: int, now: int) -> None:
    word = marker.pack(number, now + 5 * TICK_NS)
    assert marker.elapsed_ms(word, now) == 0.0


@given(number=numbers)
def test_nothing_runs_in_an_empty_word(number: int) -> None:
    assert not marker.runs(0, number)


@pytest.fixture
def pair() -> Iterator[tuple[Marker, Marker]]:
    """Two views of one word, as supervisor and child have them."""
    fd = marker.shared_memory()
    ours, theirs = Marker(fd), Marker(fd)
    os.close(fd)
    yield ours, theirs
    ours.close()
    theirs.close()


def test_one_side_reads_what_the_other_has_written(pair: tuple[Marker, Marker]) -> None:
    ours, theirs = pair
    assert ours.read() == 0
    theirs.begin(7)
    assert marker.runs(ours.read(), 7)
    assert marker.elapsed_ms(ours.read(), time.monotonic_ns()) < 60_000
    theirs.end()
    assert ours.read() == 0
