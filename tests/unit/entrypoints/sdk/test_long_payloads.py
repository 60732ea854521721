"""Long payloads in the client: out in pieces of their own, and in as parts of what arrived."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.entrypoints.sdk import outcomes
from gofer.entrypoints.sdk.batches import Result
from gofer.entrypoints.sdk.wire import (
    LENT_BYTES,
    LONG_BYTES,
    Item,
    NewTask,
    Page,
    SubmitBatch,
    page_of,
    submission,
)

lengths = st.lists(st.sampled_from([0, 1, 300, LONG_BYTES - 1, LONG_BYTES, LONG_BYTES + 9]))


@given(
    lengths,
    st.fixed_dictionaries(
        {}, optional={"priority": st.integers(0, 9), "tags": st.lists(st.just("tasks"))}
    ),
)
def test_a_batch_is_the_same_in_pieces_and_in_one(lengths: list[int], said: dict[str, Any]) -> None:
    payloads = [bytes([at % 256]) * length for at, length in enumerate(lengths)]
    body = submission(payloads, "function", said)
    joined = b"".join(body) if isinstance(body, list) else body
    wanted = SubmitBatch([NewTask(payload) for payload in payloads], "function", **said)
    assert msgspec.msgpack.decode(joined, type=SubmitBatch) == wanted


def test_long_payloads_are_pieces_themselves_and_short_ones_are_joined() -> None:
    long, short = bytes(LONG_BYTES), b"short"
    pieces = submission([short, long, short, short], "function", {})
    assert isinstance(pieces, list)
    assert [piece is long for piece in pieces] == [False, True, False]
    assert isinstance(submission([short] * 1000, "function", {}), bytes)


@pytest.mark.parametrize(
    "args",
    [
        (bytes(LONG_BYTES),),
        (b"a" * LONG_BYTES, b"b" * LONG_BYTES, b"a" * LONG_BYTES),
        (1, b"a" * LONG_BYTES * 9, "text", None, b"short"),
        ("text" * LONG_BYTES, b"a" * LONG_BYTES),
    ],
)
def test_long_bytes_among_plain_arguments_are_sent_as_they_are(args: tuple[Any, ...]) -> None:
    pieces = outcomes.call_in_pieces(args)
    assert isinstance(pieces, list)
    for each in args:
        if isinstance(each, bytes) and len(each) >= LONG_BYTES:
            assert any(piece is each for piece in pieces)
    whole = outcomes.dump_call(args, {})
    assert b"".join(pieces) == whole
    body = submission([b"short", pieces], "function", {})
    assert isinstance(body, list)
    in_one = submission([b"short", whole], "function", {})
    assert isinstance(in_one, list)
    assert b"".join(body) == b"".join(in_one)


@pytest.mark.parametrize("args", [(), (b"short",), ([bytes(LONG_BYTES)],), ("t" * LONG_BYTES,)])
def test_other_arguments_are_one_piece(args: tuple[Any, ...]) -> None:
    assert outcomes.call_in_pieces(args) == outcomes.dump_call(args, {})


@pytest.mark.parametrize("others", [0, LENT_BYTES], ids=["small", "large"])
def test_results_of_a_page_have_values_and_payloads_of_bytes_whatever_its_length(
    others: int,
) -> None:
    values = ["short", b"x" * LONG_BYTES, bytes(others)]
    items = [
        Item(f"task {at}", "COMPLETED", at, outcomes.dump(value))
        for at, value in enumerate(values, 1)
    ]
    gone = Item("gone", "FORGOTTEN", len(items) + 1)
    page = page_of(msgspec.msgpack.encode(Page([*items, gone], "4", done=True)))
    results = [Result(item) for item in page.items]
    assert [result.value() for result in results[:-1]] == values
    assert [result.payload for result in results] == [*(item.payload for item in items), None]
    assert all(type(result.payload) is bytes for result in results[:-1])
    assert (page.next_cursor, page.done) == ("4", True)
