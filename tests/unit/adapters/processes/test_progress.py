"""``gofer.progress``: written into a page of memory, read from it, and nothing outside a worker."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gofer
from gofer.adapters.processes import progress
from gofer.adapters.processes.progress import BOARD_BYTES
from gofer.domain.output import NOTE_BYTES, Progress

WORD = 2**63 + 7


@pytest.fixture
def board() -> Iterator[memoryview]:
    board = memoryview(bytearray(BOARD_BYTES))
    progress.attach(board, lambda: WORD)
    yield board
    progress._board = None  # pyright: ignore[reportPrivateUsage] # the child's is never taken off


def test_what_is_told_is_read_with_the_word_that_names_the_task(board: memoryview) -> None:
    gofer.progress(3, 10, note="größe")
    assert progress.read(board) == (WORD, Progress(3.0, 10.0, "größe"))


def test_the_latest_counts(board: memoryview) -> None:
    gofer.progress(1, note="a long note that is followed by a short one")
    gofer.progress(2)
    assert progress.read(board) == (WORD, Progress(2.0))


def test_a_long_note_is_cut_between_characters(board: memoryview) -> None:
    gofer.progress(1, note="x" + "ü" * NOTE_BYTES)
    told = progress.read(board)
    assert told is not None
    assert told[1].note == "x" + "ü" * ((NOTE_BYTES - 1) // 2)


def test_nothing_is_read_where_nothing_was_told(board: memoryview) -> None:
    assert progress.read(board) is None


@given(st.integers(0, 40), st.integers(1, 255))
def test_half_a_record_is_not_read(at: int, flipped: int) -> None:
    board = memoryview(bytearray(BOARD_BYTES))
    progress.attach(board, lambda: WORD)
    gofer.progress(1, 2, "a note that goes on behind it")
    progress._board = None  # pyright: ignore[reportPrivateUsage]
    board[at] ^= flipped
    assert progress.read(board) is None


@given(st.binary(min_size=BOARD_BYTES, max_size=BOARD_BYTES))
def test_no_bytes_make_the_reader_raise(rubbish: bytes) -> None:
    told = progress.read(memoryview(rubbish))
    assert told is None or isinstance(told[1], Progress)


@pytest.mark.parametrize(
    ("done", "total"), [(float("nan"), None), (float("inf"), None), (1, float("-inf"))]
)
def test_what_is_no_number_is_refused_everywhere(done: float, total: float | None) -> None:
    with pytest.raises(ValueError, match="finite numbers"):
        gofer.progress(done, total)


def test_outside_a_worker_nothing_happens() -> None:
    gofer.progress(1, 2, "nobody looks")
    assert progress._board is None  # pyright: ignore[reportPrivateUsage]
