"""Answers of a server, cut out of what arrives in pieces of any length."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import exceptions

from gofer.adapters.redis.answers import LONG_BYTES, Reader

Answer = bytes | int | None | list[bytes | int | None]

strings = st.binary(max_size=40) | st.just(b"\r\n") | st.none()
answers = st.lists(
    strings | st.integers(-9, 10**12) | st.lists(strings | st.integers(), max_size=4), max_size=5
)


def sent(answer: Answer) -> bytes:
    if answer is None:
        return b"$-1\r\n"
    if isinstance(answer, int):
        return b":%d\r\n" % answer
    if isinstance(answer, bytes):
        return b"$%d\r\n%b\r\n" % (len(answer), answer)
    return b"*%d\r\n" % len(answer) + b"".join(map(sent, answer))


def read(pieces: Sequence[bytes]) -> list[Any]:
    found: list[Any] = []
    reader = Reader(found.append)
    for piece in pieces:
        reader.feed(piece)
    return found


@given(answers, st.lists(st.integers(1, 30), min_size=1))
def test_answers_are_the_same_however_they_are_cut(
    wanted: list[Answer], lengths: list[int]
) -> None:
    stream = b"".join(map(sent, wanted))
    pieces: list[bytes] = []
    at = 0
    while at < len(stream):
        length = lengths[len(pieces) % len(lengths)]
        pieces.append(stream[at : at + length])
        at += length
    assert read(pieces) == wanted
    assert read([stream]) == wanted


def test_a_text_a_list_of_nothing_and_no_list_are_told_apart() -> None:
    assert read([b"+OK\r\n*0\r\n*-1\r\n"]) == [b"OK", [], None]


def test_an_error_is_an_answer_like_any_other() -> None:
    unknown, full, number = read([b"-NOSCRIPT No match", b"ing script\r\n-OOM no\r\n:1\r\n"])
    assert isinstance(unknown, exceptions.NoScriptError)
    assert isinstance(full, exceptions.ResponseError)
    assert str(full) == "OOM no"
    assert number == 1


@pytest.mark.parametrize(
    "stream", [b"HTTP/1.1 400\r\n", b"$x\r\n", b"*1\r\n*1\r\n:1\r\n", b":\r\n"]
)
def test_what_is_no_answer_is_refused(stream: bytes) -> None:
    with pytest.raises(ValueError, match=r"answer|invalid literal"):
        read([stream])


@given(
    st.lists(st.integers(LONG_BYTES, LONG_BYTES + 3_000) | st.integers(0, 20), max_size=4),
    st.lists(st.integers(1, 80_000), min_size=1, max_size=5),
)
def test_long_strings_are_the_same_when_they_are_read_to_where_they_stay(
    lengths: list[int], cuts: list[int]
) -> None:
    strings = [bytes([at + 1]) * length for at, length in enumerate(lengths)]
    stream = sent([*strings]) + sent(7)
    found: list[Any] = []
    reader = Reader(found.append)
    at = number = 0
    while at < len(stream):
        cut = cuts[number % len(cuts)]
        number += 1
        if reader.awaits:
            piece = stream[at : at + min(cut, len(reader.room()))]
            reader.room()[: len(piece)] = piece
            reader.filled(len(piece))
        else:
            piece = stream[at : at + cut]
            reader.feed(piece)
        at += len(piece)
    assert found == [strings, 7]
    assert read([stream]) == [strings, 7]
