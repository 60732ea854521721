"""Pieces of output: put together in any way they are the tail of what was written."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gofer.domain.identifiers import Attempt, TaskId, uuid7
from gofer.domain.output import TAIL_BYTES, Piece, Progress, merged

ATTEMPT = Attempt(TaskId(uuid7(0, 1)), 1, "t")
WHOLE = bytes(range(256)) * 4


def cut(start: int, end: int) -> Piece:
    return Piece(ATTEMPT, start, WHOLE[start:end])


@given(st.lists(st.tuples(st.integers(0, 1024), st.integers(0, 1024)), min_size=1, max_size=9))
def test_no_byte_is_ever_at_a_wrong_offset(cuts: list[tuple[int, int]]) -> None:
    kept = cut(*sorted(cuts[0]))
    for each in cuts[1:]:
        new = cut(*sorted(each))
        kept = merged(kept, new)
        assert kept.data == WHOLE[kept.start : kept.end]
        assert kept.end >= new.start


@given(st.lists(st.integers(0, 1024), min_size=2, max_size=9))
def test_pieces_in_order_leave_nothing_out(marks: list[int]) -> None:
    marks = sorted(marks)
    kept = cut(marks[0], marks[1])
    for before, after in pairwise(marks[1:]):
        kept = merged(kept, cut(max(marks[0], before - 3), after))
    assert (kept.start, kept.end) == (marks[0], marks[-1])


def test_the_tail_is_kept() -> None:
    kept = merged(Piece(ATTEMPT, 0, b"a" * TAIL_BYTES), Piece(ATTEMPT, TAIL_BYTES, b"bc"))
    assert (kept.start, len(kept.data), kept.data[-3:]) == (2, TAIL_BYTES, b"abc")


def test_the_latest_progress_is_kept() -> None:
    first, second = (Piece(ATTEMPT, 0, b"", Progress(n)) for n in range(2))
    assert merged(first, second).progress == Progress(1)
    assert merged(first, cut(0, 1)).progress == Progress(0)
