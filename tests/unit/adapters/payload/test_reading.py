"""Plain data in a pickle is read as JSON, as an unpickler would read it; everything else is not."""

import io
import json
import pickle
import tracemalloc
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gofer.adapters.payload import json_of, reading
from gofer.adapters.payload.reading import MOST_DEPTH, MOST_OPCODES
from tests.support.original_client import dumps
from tests.unit.adapters.payload.test_plain import SwiftUnpickler, edited

ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.integers(-300, 70_000),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=300),
)
PLAIN = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=25,
)
PROTOCOLS = st.integers(0, pickle.HIGHEST_PROTOCOL)
EDITS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 258)), min_size=1, max_size=4)


def untupled(value: Any) -> Any:
    """Return a value with lists for its tuples, as JSON has it."""
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value)
        return {key: untupled(each) for key, each in pairs.items()}
    if isinstance(value, list | tuple):
        return [untupled(each) for each in cast("list[Any]", value)]
    return value


def read(pickled: bytes) -> Any:
    """Return the value that a pickle is read as."""
    found = json_of(pickled)
    assert found is not None
    return json.loads(found)


@given(PLAIN, PROTOCOLS)
@example([[1], {"a": (True, None)}], 0)
@example({"": -(2**63)}, 1)
def test_plain_data_is_read_as_it_was_pickled(value: Any, protocol: int) -> None:
    assert read(pickle.dumps(value, protocol)) == untupled(value)


@given(PLAIN)
def test_plain_data_is_read_as_dill_pickled_it(value: Any) -> None:
    assert read(dumps(value)) == untupled(value)


@given(st.lists(ATOMS, max_size=4), PROTOCOLS)
def test_a_value_that_is_used_twice_is_written_twice(inner: list[Any], protocol: int) -> None:
    value = {"a": [inner, inner], "b": (inner, {"key": inner})}
    assert read(pickle.dumps(value, protocol)) == untupled(value)


STRANGERS: list[Any] = [
    b"bytes",
    bytearray(b"x"),
    {1, 2},
    frozenset(),
    {1: 2},
    {None: 2},
    {(): 2},
    float("nan"),
    float("inf"),
    -float("inf"),
    2**64,
    -(2**63) - 1,
    2**4000,
    "\ud800",
    1j,
    ValueError("x"),
    len,
    pickle.Pickler,
    range(3),
]


@pytest.mark.parametrize("value", STRANGERS, ids=repr)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_json_has_no_word_for_is_not_plain(value: Any, protocol: int) -> None:
    assert json_of(pickle.dumps(value, protocol)) is None
    assert json_of(pickle.dumps([0, {"deep": (value,)}], protocol)) is None


@given(st.binary(max_size=400))
@example(b"")
@example(b".")
@example(b"N")
@example(b"(.")
@example(b"\x80\x04K\x01.N")
@example(b"\x80\x09N.")
@example(b"I01_0\n.")
@example(b"L-L\n.")
@example(b"I010\n.")
@example(b"g0\n.")
@example(b"\x8b\xff\xff\xff\xff.")
@example(b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff.")
def test_no_bytes_at_all_make_it_raise(data: bytes) -> None:
    check_against_the_unpickler(data)


@given(PLAIN, PROTOCOLS, EDITS)
def test_a_pickle_that_was_harmed_is_read_as_the_unpickler_reads_it_or_not_at_all(
    value: Any, protocol: int, edits: list[tuple[int, int]]
) -> None:
    check_against_the_unpickler(edited(pickle.dumps(value, protocol), edits))


def check_against_the_unpickler(data: bytes) -> None:
    """Compare what is read, if anything, with what Python's own unpickler makes of it."""
    found = json_of(data)
    if found is not None:
        assert json.loads(found) == untupled(SwiftUnpickler(io.BytesIO(data)).load())


# ---------------------------------------------------------------- bounds


def test_a_small_pickle_that_means_a_huge_value_is_not_written_out() -> None:
    bomb: Any = "ha" * 50
    for _ in range(40):
        bomb = [bomb, bomb]
    assert json_of(pickle.dumps(bomb)) is None
    text = ["x" * 1_000_000] * 1_000
    tracemalloc.start()
    try:
        assert json_of(pickle.dumps(text)) is None
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_value_that_holds_itself_is_not_plain() -> None:
    ring: list[Any] = []
    ring.append(ring)
    assert json_of(pickle.dumps(ring)) is None
    knot: dict[str, Any] = {}
    knot["self"] = [knot]
    assert json_of(pickle.dumps(knot)) is None


def test_what_is_nested_without_end_is_not_plain() -> None:
    assert json_of(b"\x80\x04" + b"]" * 100_000 + b"a" * 99_999 + b".") is None
    assert json_of(b"\x80\x04N" + b"\x85" * 100_000 + b".") is None
    assert json_of(b"(" * 100_000) is None


def test_what_shares_values_may_be_nested_as_deep_as_the_bound() -> None:
    shared: Any = [1]
    nested: Any = [shared, shared]
    for _ in range(MOST_DEPTH - 2):
        nested = [nested]
    assert json_of(pickle.dumps(nested)) is not None
    assert json_of(pickle.dumps([nested])) is None


def test_a_long_pickle_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_OPCODES", 1_000)
    assert json_of(pickle.dumps(list(range(900)))) is not None
    assert json_of(pickle.dumps(list(range(1_100)))) is None
    assert MOST_OPCODES > 100_000
