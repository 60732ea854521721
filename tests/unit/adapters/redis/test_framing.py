"""Framing: whatever goes in comes out, and what is no frame is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.redis.framing import frame, unframe


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_what_is_framed_comes_out_as_it_was(items: list[bytes]) -> None:
    assert unframe(frame(items)) == items


@pytest.mark.parametrize(
    "blob", [b"", b"\0\0", bytes(5), b"\0\0\0\1", b"\0\0\0\1\0\0\0\2a", b"\xff" * 9]
)
def test_what_is_no_frame_is_refused(blob: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        unframe(blob)
