"""Cutting into calls: all items, in order, none too many and none too large."""

from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.redis.batches import CALL_BYTES, batches
from gofer.domain.policy import BATCH

sizes = st.lists(st.sampled_from([0, 1, CALL_BYTES // 3, CALL_BYTES, 2 * CALL_BYTES]), max_size=350)


@given(sizes)
def test_calls_hold_all_items_in_order(items: list[int]) -> None:
    assert [item for call in batches(items) for item in call] == items
    assert [item for call in batches(items, abs) for item in call] == items


@given(sizes)
def test_no_call_is_longer_than_allowed(items: list[int]) -> None:
    for call in [*batches(items), *batches(items, abs)]:
        assert 1 <= len(call) <= BATCH


@given(sizes)
def test_a_call_that_holds_enough_bytes_takes_no_further_item(items: list[int]) -> None:
    for call in batches(items, abs):
        assert sum(call[:-1]) < CALL_BYTES


def test_nothing_is_no_call() -> None:
    nothing: list[bytes] = []
    assert list(batches(nothing)) == []
    assert list(batches(nothing, len)) == []
