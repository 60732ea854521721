"""Values of msgpack that are read one by one are those that msgspec reads."""

from io import BytesIO
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.entrypoints.sdk.unpacking import Unpacker

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner)
)


@given(st.lists(values, max_size=4))
def test_values_are_read_one_after_the_other(written: list[Any]) -> None:
    arrived = BytesIO(b"".join(map(msgspec.msgpack.encode, written)))
    unpacker = Unpacker(arrived.read)
    assert [unpacker.value() for _ in written] == written
    assert arrived.read() == b""


@pytest.mark.parametrize("length", [15, 16, 31, 32, 255, 256, 65_535, 65_536])
def test_values_of_every_length_are_read(length: int) -> None:
    value = [b"b" * length, "t" * length, [None] * length, dict.fromkeys(map(str, range(length)))]
    assert Unpacker(BytesIO(msgspec.msgpack.encode(value)).read).value() == value


@pytest.mark.parametrize("number", [0, 127, 128, -1, -32, -33, -128, -129, 2**31, -(2**31) - 1])
def test_numbers_at_the_bounds_of_their_forms_are_read(number: int) -> None:
    assert Unpacker(BytesIO(msgspec.msgpack.encode(number)).read).value() == number


@pytest.mark.parametrize("first", [0xC1, 0xC7, 0xD4, 0xD8])
def test_what_no_page_has_is_refused(first: int) -> None:
    with pytest.raises(msgspec.DecodeError, match=f"{first:#x}"):
        Unpacker(BytesIO(bytes([first, 1, 1, 1])).read).value()
