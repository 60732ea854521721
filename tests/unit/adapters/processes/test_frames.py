"""Frames: whatever the pieces, the messages come whole; whatever the bytes, nothing is raised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.processes.frames import Chunk, Frames, Report, Trouble, encode

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
        frames.feed(stream[start:end])
        received += frames.reports()
    assert received == sent
    assert (frames.partial, frames.broken) == (False, "")


def test_a_chunk_comes_back_as_it_was() -> None:
    chunk = Chunk([("digest", b"body", "entry")], ["old"], [(1, "digest", b"\x00" * 100_000)])
    frames = Frames(200_000)
    frames.feed(encode(chunk))
    assert frames.chunks() == [chunk]


@given(st.binary(max_size=200))
def test_any_bytes_give_reports_or_are_broken_but_never_raise(data: bytes) -> None:
    frames = Frames(1_000)
    frames.feed(data)
    assert all(type(report) is Report for report in frames.reports())


def test_what_came_before_a_broken_frame_is_kept_and_nothing_after_it() -> None:
    frames = Frames(1_000)
    good = Report(5)
    frames.feed(encode(good) + b"\x01\x00\x00\x00\xc1" + encode(Report(6)))
    assert frames.reports() == [good]
    assert frames.broken
    frames.feed(encode(Report(7)))
    assert frames.reports() == []


@pytest.mark.parametrize(("length", "broken"), [(1_000, False), (1_001, True)])
def test_a_frame_over_the_limit_is_refused_before_it_has_come(length: int, *, broken: bool) -> None:
    frames = Frames(1_000)
    frames.feed(length.to_bytes(4, "little"))
    assert frames.reports() == []
    assert bool(frames.broken) == broken


def test_a_frame_nested_without_end_is_broken_and_raises_nothing() -> None:
    frames = Frames(1_000_000)
    body = encode(Report(5))[4:].replace(b"\x98", b"\x99", 1) + b"\x91" * 50_000 + b"\x00"
    frames.feed(len(body).to_bytes(4, "little") + body)
    assert frames.reports() == []
    assert "recursion" in frames.broken


@pytest.mark.parametrize("body", [b"\x90", b"\x93\x01\xa1x\x03", b"\x91\xa1x", b"\x80", b""])
def test_a_report_of_another_shape_is_broken(body: bytes) -> None:
    frames = Frames(1_000)
    frames.feed(len(body).to_bytes(4, "little") + body)
    assert frames.reports() == []
    assert frames.broken
