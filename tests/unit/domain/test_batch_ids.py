"""The ids by which tasks name their batch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.domain.errors import InvalidIdentifier
from gofer.domain.identifiers import (
    BATCH_BITS,
    MAX_POSITION,
    MAX_SHARD,
    RANDOM_BITS,
    TaskId,
    batch_of,
    member_ids,
    new_batch_id,
    parse_batch_id,
    parse_task_id,
    position_of,
    shard_of,
    uuid7,
)

TIMES = st.integers(0, (1 << 48) - 1)
SHARDS = st.integers(0, MAX_SHARD)


@given(TIMES, st.integers(0, (1 << BATCH_BITS) - 1), SHARDS, st.integers(1, MAX_POSITION))
def test_the_id_of_a_task_names_its_batch_and_its_position(
    unix_ms: int, bits: int, shard: int, position: int
) -> None:
    batch = new_batch_id(unix_ms, bits, shard)
    (task_id,) = member_ids(batch, [position])
    assert parse_task_id(task_id) == task_id
    assert parse_batch_id(batch.upper()) == batch
    assert (batch_of(task_id), position_of(task_id)) == (batch, position)
    assert shard_of(task_id) == shard_of(batch) == shard


@given(TIMES, st.integers(0, (1 << RANDOM_BITS) - 1), SHARDS)
def test_the_id_of_a_single_task_names_no_batch(unix_ms: int, bits: int, shard: int) -> None:
    task_id = TaskId(uuid7(unix_ms, bits, shard))
    assert batch_of(task_id) is None
    with pytest.raises(InvalidIdentifier, match="batches"):
        parse_batch_id(task_id)


@pytest.mark.parametrize("bits", [-1, 1 << BATCH_BITS])
def test_bits_that_do_not_fit_the_id_of_a_batch_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="must"):
        new_batch_id(0, bits)
