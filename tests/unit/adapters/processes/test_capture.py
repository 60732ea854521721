"""The tail of an output, as the supervisor reads it."""

import os
from collections.abc import Iterator
from contextlib import suppress

import pytest

from gofer.adapters.processes.capture import Tail
from gofer.adapters.processes.outcomes import whole_output
from gofer.adapters.processes.pipes import pipe
from gofer.domain.output import TAIL_BYTES


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    reader, writer = pipe(1024 * 1024, writer_blocks=False)
    yield reader, writer
    os.close(reader)
    with suppress(OSError):  # a test has closed it
        os.close(writer)


def test_what_was_written_is_taken_once(ends: tuple[int, int]) -> None:
    reader, writer = ends
    tail = Tail(reader)
    assert tail.drain()
    os.write(writer, b"hello")
    assert tail.drain()
    assert (tail.take(), tail.take()) == (b"hello", b"")


def test_only_the_end_is_kept(ends: tuple[int, int]) -> None:
    reader, writer = ends
    tail = Tail(reader)
    for letter in (b"a", b"b", b"c"):
        written = os.write(writer, letter * TAIL_BYTES)
        assert written > 0
        tail.drain()
    kept = tail.take()
    assert len(kept) == TAIL_BYTES
    assert kept.endswith(b"c")


def test_the_end_of_all_writers_is_told(ends: tuple[int, int]) -> None:
    reader, writer = ends
    tail = Tail(reader)
    os.write(writer, b"last")
    os.close(writer)
    assert not tail.drain()
    assert tail.take() == b"last"


def test_two_parts_of_an_output_are_joined_and_cut() -> None:
    assert whole_output(b"", "later") == "later"
    assert whole_output(b"earlier, \xff", "later") == "earlier, \ufffdlater"
    assert whole_output(b"x" * TAIL_BYTES, "end") == "x" * (TAIL_BYTES - 3) + "end"
    assert len(whole_output(b"", "x" * TAIL_BYTES + "y")) == TAIL_BYTES
