"""Plain arguments become the pickle of a call that every Python reads; others are refused."""

import datetime as dt
import pickle
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.payload import PickleInspector, json_of, write_call
from gofer.domain.errors import InvalidPayload

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.lists(VALUES, max_size=4), st.dictionaries(st.text(max_size=5), VALUES, max_size=3))
def test_a_call_is_read_back_as_it_was(args: list[Any], kwargs: dict[str, Any]) -> None:
    payload = write_call(args, kwargs)
    PickleInspector().check(payload)
    assert pickle.loads(payload) == (tuple(args), kwargs)
    assert payload[:2] == b"\x80\x04"


def test_what_is_written_of_json_is_read_as_json() -> None:
    payload = write_call([1, "two", [3.5, None]], {"four": {"five": True}})
    assert json_of(payload) == b'[[1,"two",[3.5,null]],{"four":{"five":true}}]'


@pytest.mark.parametrize(
    "value",
    [msgspec.msgpack.Ext(5, b"x"), dt.datetime.now(dt.UTC), len, object(), {1, len}],
    ids=["extension", "now", "builtin", "object", "set"],
)
def test_what_a_pickle_would_have_to_name_is_refused(value: Any) -> None:
    for args, kwargs in (([value], {}), ([], {"x": [value]})):
        with pytest.raises(InvalidPayload, match="no plain data"):
            write_call(args, kwargs)


def test_what_is_nested_too_deep_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidPayload, match="too deep"):
        write_call([deep], {})
