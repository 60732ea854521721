"""Frames: whatever the pieces, the messages come whole; whatever the bytes, nothing is raised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.processes.frames import Chunk, Frames, Report, Trouble, encode, split
from tests.support.pieces import deliver

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
troubles = st.builds(
    Trouble, texts, texts, texts, texts, st.binary(max_size=20), st.none() | st.integers(0, 255)
)
reports = st.builds(
    Report,
    number=st.integers(0, 1 << 40),
    run_ms=st.floats(0, 1e9),
    rss_kb=st.integers(0, 1 << 40),
    result=st.binary(max_size=100),
    trouble=st.none() | troubles,
    output=texts,
    retire=texts,
)


@given(st.lists(reports, max_size=5), st.data())
def test_reports_come_whole_however_the_pipe_cuts_them(
    sent: list[Report], data: st.DataObject
) -> None:
    stream = b"".join(map(encode, sent))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    frames = Frames(10_000)
    received: list[Report] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        received += deliver(frames, stream[start:end], frames.reports)
    assert received == sent
    assert (frames.partial, frames.broken) == (False, "")


def test_a_chunk_comes_back_as_it_was() -> None:
    chunk = Chunk([("digest", b"body", "entry")], ["old"], [(1, "digest", b"\x00" * 100_000)])
    frames = Frames(200_000)
    (came,) = deliver(frames, encode(chunk), frames.chunks)
    assert (came.functions, came.forget, came.tasks) == (
        chunk.functions,
        chunk.forget,
        chunk.tasks,
    )


@given(st.lists(st.integers(0, 200_000), max_size=6), st.integers(1, 90_000))
def test_frames_that_left_in_pieces_come_whole_long_and_short(sizes: list[int], cut: int) -> None:
    stream = b"".join(
        piece for size in sizes for piece in split(Report(size, output="x"), b"\x07" * size)
    )
    frames = Frames(300_000)
    received: list[Report] = []
    for start in range(0, len(stream), cut):
        received += deliver(frames, stream[start : start + cut], frames.reports)
    assert received == [Report(size, output="x", result=b"\x07" * size) for size in sizes]
    assert not frames.partial


def test_a_long_payload_stays_what_it_was_while_more_comes() -> None:
    chunks = [Chunk([], [], [(n, "digest", bytes([n]) * 100_000)]) for n in range(3)]
    frames = Frames(200_000)
    came = [chunk for each in chunks for chunk in deliver(frames, encode(each), frames.chunks)]
    assert [chunk.tasks for chunk in came] == [chunk.tasks for chunk in chunks]


@given(st.binary(max_size=200))
def test_any_bytes_give_reports_or_are_broken_but_never_raise(data: bytes) -> None:
    frames = Frames(1_000)
    assert all(type(report) is Report for report in deliver(frames, data, frames.reports))


def test_what_came_before_a_broken_frame_is_kept_and_nothing_after_it() -> None:
    frames = Frames(1_000)
    good = Report(5)
    broken = encode(good) + b"\x01\x00\x00\x00\xc1" + encode(Report(6))
    assert deliver(frames, broken, frames.reports) == [good]
    assert frames.broken
    assert deliver(frames, encode(Report(7)), frames.reports) == []


@pytest.mark.parametrize(("length", "broken"), [(1_000, False), (1_001, True)])
def test_a_frame_over_the_limit_is_refused_before_it_has_come(length: int, *, broken: bool) -> None:
    frames = Frames(1_000)
    assert deliver(frames, length.to_bytes(4, "little"), frames.reports) == []
    assert bool(frames.broken) == broken


def test_a_frame_nested_without_end_is_broken_and_raises_nothing() -> None:
    frames = Frames(1_000_000)
    body = encode(Report(5))[4:].replace(b"\x98", b"\x99", 1) + b"\x91" * 50_000 + b"\x00"
    assert deliver(frames, len(body).to_bytes(4, "little") + body, frames.reports) == []
    assert "recursion" in frames.broken


@pytest.mark.parametrize("body", [b"\x90", b"\x93\x01\xa1x\x03", b"\x91\xa1x", b"\x80", b""])
def test_a_report_of_another_shape_is_broken(body: bytes) -> None:
    frames = Frames(1_000)
    assert deliver(frames, len(body).to_bytes(4, "little") + body, frames.reports) == []
    assert frames.broken
