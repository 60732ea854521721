"""The tail of an output, as the supervisor reads it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest

from gofer.adapters.processes.capture import Tail, Turn
from gofer.adapters.processes.marker import shared_memory
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


@pytest.fixture
def file() -> Iterator[int]:
    file = shared_memory()
    yield file
    os.close(file)


@pytest.fixture
def turn(file: int) -> Turn:
    return Turn(file)


@pytest.fixture
def other(file: int) -> Iterator[subprocess.Popen[str]]:
    """Give another process, whose turn it is to read."""
    code = f"""
from gofer.adapters.processes.capture import Turn
turn = Turn({file})
print(turn.begin(waits=True), flush=True)
input()
turn.end()
print("ended", flush=True)
input()
"""
    command, pipe_ = [sys.executable, "-c", code], subprocess.PIPE
    with subprocess.Popen(command, text=True, pass_fds=[file], stdin=pipe_, stdout=pipe_) as made:
        assert said(made) == "True"
        yield made
        made.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_what_the_other_reads_is_left_to_it(
    ends: tuple[int, int], turn: Turn, other: subprocess.Popen[str]
) -> None:
    reader, writer = ends
    os.write(writer, b"hello")
    tail = Tail(reader, turn)
    assert tail.drain()
    assert tail.take() == b""
    assert other.stdin is not None
    other.stdin.write("go on\n")
    other.stdin.flush()
    assert said(other) == "ended"
    assert tail.drain()
    assert tail.take() == b"hello"


def test_whoever_dies_leaves_its_turn(
    ends: tuple[int, int], turn: Turn, other: subprocess.Popen[str]
) -> None:
    reader, writer = ends
    os.write(writer, b"hello")
    other.kill()
    tail = Tail(reader, turn)
    assert tail.drain(waits=True)
    assert tail.take() == b"hello"


def test_nobody_waits_for_a_file_that_the_users_code_has_closed(ends: tuple[int, int]) -> None:
    reader, writer = ends
    os.write(writer, b"hello")
    tail = Tail(reader, Turn(2**20))
    assert tail.drain(waits=True)
    assert tail.take() == b"hello"


def test_what_was_written_is_taken_once(ends: tuple[int, int], turn: Turn) -> None:
    reader, writer = ends
    tail = Tail(reader, turn)
    assert tail.drain()
    os.write(writer, b"hello")
    assert tail.drain()
    assert (tail.take(), tail.take()) == (b"hello", b"")


def test_only_the_end_is_kept(ends: tuple[int, int], turn: Turn) -> None:
    reader, writer = ends
    tail = Tail(reader, turn)
    for letter in (b"a", b"b", b"c"):
        written = os.write(writer, letter * TAIL_BYTES)
        assert written > 0
        tail.drain()
    kept = tail.take()
    assert len(kept) == TAIL_BYTES
    assert kept.endswith(b"c")


def test_the_end_of_all_writers_is_told(ends: tuple[int, int], turn: Turn) -> None:
    reader, writer = ends
    tail = Tail(reader, turn)
    os.write(writer, b"last")
    os.close(writer)
    assert not tail.drain()
    assert tail.take() == b"last"


def test_two_parts_of_an_output_are_joined_and_cut() -> None:
    assert whole_output(b"", "later") == "later"
    assert whole_output(b"earlier, \xff", "later") == "earlier, \ufffdlater"
    assert whole_output(b"x" * TAIL_BYTES, "end") == "x" * (TAIL_BYTES - 3) + "end"
    assert len(whole_output(b"", "x" * TAIL_BYTES + "y")) == TAIL_BYTES
