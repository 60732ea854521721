"""What pull's requests and replies carry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.zmq.batch import (
    ASK,
    BATCH_MOST,
    KEY_BYTES,
    REPORT,
    Pile,
    pack_reply,
    pack_request,
    unpack_reply,
    unpack_request,
)
from gofer.domain.errors import ProtocolViolation

KEY = b"k" * KEY_BYTES


@given(st.sampled_from([ASK, REPORT]), st.lists(st.binary(max_size=50), max_size=5))
def test_a_request_arrives_as_it_was(kind: int, messages: list[bytes]) -> None:
    key, read, views = unpack_request(memoryview(pack_request(KEY, kind, messages)))
    assert (key, read, [bytes(view) for view in views]) == (KEY, kind, messages)
    views = unpack_reply(memoryview(pack_reply(messages)))
    assert [bytes(view) for view in views] == messages


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\x93",
        pack_request(b"short", ASK, []),
        pack_request(KEY, 0, []),
        pack_request(KEY, 3, []),
        pack_request(KEY, ASK, [b""] * (BATCH_MOST + 1)),
        pack_request(KEY, ASK, []) + b"\x00",
        b"\xdd\xff\xff\xff\xff",
        b"\x91" * 100_000,
    ],
)
def test_what_is_no_request_is_a_violation(frame: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        unpack_request(memoryview(frame))


@given(st.binary(max_size=100))
def test_no_bytes_make_it_fail_otherwise(rubbish: bytes) -> None:
    try:
        messages = unpack_reply(memoryview(rubbish))
    except ProtocolViolation:
        messages = []
    assert sum(len(message) for message in messages) <= len(rubbish)
    with pytest.raises(ProtocolViolation):
        unpack_request(memoryview(rubbish + b"\xc1"))


def test_messages_are_views_of_the_frame() -> None:
    frame = pack_reply([b"a message"])
    (message,) = unpack_reply(memoryview(frame))
    assert message.obj is frame


def test_a_pile_takes_so_many_and_no_more() -> None:
    pile = Pile(2, 1_000)
    assert [pile.put(b"x") for _ in range(3)] == [True, True, False]
    pile.drop(1)
    assert pile.put(b"y")
    assert pile.batch() == [b"x", b"y"]


def test_a_batch_stays_below_the_limit() -> None:
    pile = Pile(10, 100)
    for size in (40, 40, 40):
        pile.put(bytes(size))
    assert [len(message) for message in pile.batch()] == [40, 40]
    pile.drop(2)
    assert len(pile.batch()) == 1


def test_a_message_over_the_limit_is_a_batch_of_its_own() -> None:
    pile = Pile(10, 100)
    pile.put(bytes(1_000))
    pile.put(b"x")
    assert [len(message) for message in pile.batch()] == [1_000]


def test_a_pile_that_is_cleared_is_empty() -> None:
    pile = Pile(10, 100)
    assert not pile
    pile.put(b"x")
    assert len(pile) == 1
    pile.clear()
    assert not pile.batch()
