"""Ids: UUIDv7 that sort by time and carry a shard; names that are checked."""

import uuid

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gofer.domain.errors import InvalidIdentifier
from gofer.domain.identifiers import (
    BATCH_BITS,
    MAX_SHARD,
    RANDOM_BITS,
    Attempt,
    Rising,
    Session,
    TaskId,
    new_batch_id,
    parse_function_id,
    parse_task_id,
    parse_worker_id,
    shard_of,
    uuid7,
)

TIMES = st.integers(0, (1 << 48) - 1)
RANDOMS = st.integers(0, (1 << RANDOM_BITS) - 1)
SHARDS = st.integers(0, MAX_SHARD)


@given(TIMES, RANDOMS, SHARDS)
def test_an_id_is_a_uuid_of_version_7(unix_ms: int, bits: int, shard: int) -> None:
    text = uuid7(unix_ms, bits, shard)
    parsed = uuid.UUID(text)
    assert str(parsed) == text
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert parsed.int >> 80 == unix_ms


@given(TIMES, RANDOMS, SHARDS)
def test_an_id_tells_its_shard(unix_ms: int, bits: int, shard: int) -> None:
    assert shard_of(uuid7(unix_ms, bits, shard)) == shard


@given(st.lists(st.tuples(TIMES, RANDOMS, SHARDS), unique_by=lambda each: each[0]))
def test_ids_sort_by_time(parts: list[tuple[int, int, int]]) -> None:
    assert sorted(uuid7(*each) for each in parts) == [uuid7(*each) for each in sorted(parts)]


STEPS = st.lists(st.tuples(st.sampled_from([0, 0, 1]), RANDOMS), min_size=2)


@given(st.integers(0, 1 << 47), STEPS)
def test_ids_that_are_made_one_after_the_other_sort_so(
    now: int, steps: list[tuple[int, int]]
) -> None:
    tasks, batches = Rising(RANDOM_BITS), Rising(BATCH_BITS)
    ids: list[str] = []
    batch_ids: list[str] = []
    for step, bits in steps:
        now += step
        ids.append(uuid7(*tasks.next(now, bits)))
        batch_ids.append(new_batch_id(*batches.next(now, bits >> 16)))
    assert ids == sorted(set(ids))
    assert batch_ids == sorted(set(batch_ids))


def test_an_id_is_later_than_the_last_of_its_millisecond() -> None:
    rising = Rising(8)
    assert [rising.next(5, 254), rising.next(5, 7), rising.next(5, 7)] == [
        (5, 254),
        (5, 255),
        (6, 0),
    ]
    assert rising.next(5, 3) == (6, 1)


@given(st.integers(2, 1 << 47), RANDOMS, RANDOMS)
def test_an_id_is_of_its_own_time_where_the_clock_has_moved(now: int, one: int, two: int) -> None:
    rising = Rising(RANDOM_BITS)
    rising.next(now, one)
    for moved in (now + 1, now - 2):
        assert rising.next(moved, two) == (moved, two)


@given(TIMES, st.tuples(RANDOMS, RANDOMS), SHARDS)
def test_no_random_bit_is_lost(unix_ms: int, bits: tuple[int, int], shard: int) -> None:
    one, other = (uuid7(unix_ms, each, shard) for each in bits)
    assert (one == other) == (bits[0] == bits[1])


@pytest.mark.parametrize(
    ("unix_ms", "bits", "shard"),
    [(-1, 0, 0), (1 << 48, 0, 0), (0, -1, 0), (0, 1 << RANDOM_BITS, 0), (0, 0, -1), (0, 0, 256)],
)
def test_what_does_not_fit_an_id_is_refused(unix_ms: int, bits: int, shard: int) -> None:
    with pytest.raises(ValueError, match="must"):
        uuid7(unix_ms, bits, shard)


@given(st.uuids())
def test_any_uuid_is_an_id_in_lower_case(given_id: uuid.UUID) -> None:
    assert parse_task_id(str(given_id).upper()) == str(given_id)
    assert parse_function_id(str(given_id)) == str(given_id)


@given(st.text())
@example("")
@example("01890a5d-ac96-774b-bcce-b302099a8057\n")
@example("01890a5dac96774bbcceb302099a8057")
@example("{01890a5d-ac96-774b-bcce-b302099a8057}")
@example("０1890a5d-ac96-774b-bcce-b302099a8057")  # noqa: RUF001 - a digit that is not ASCII
def test_any_other_text_is_refused_as_an_id_and_quoted_in_part(text: str) -> None:
    for kind, parse in (("task id", parse_task_id), ("function id", parse_function_id)):
        with pytest.raises(InvalidIdentifier) as caught:
            parse(text)
        assert caught.value.kind == kind
        assert len(str(caught.value)) < 1_200


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", fullmatch=True))
def test_a_worker_may_have_any_plain_name(name: str) -> None:
    if name.isascii():
        assert parse_worker_id(name) == name


@pytest.mark.parametrize("name", ["", "-a", ".a", "a b", "a\n", "ä", "a" * 65, "a/b", "a\x00"])
def test_a_worker_may_not_have_any_other_name(name: str) -> None:
    with pytest.raises(InvalidIdentifier):
        parse_worker_id(name)


def test_attempts_and_sessions_are_told_briefly_in_logs() -> None:
    assert str(Attempt(TaskId("t"), 2, "secret")) == "t#2"
    assert str(Session("w", 3)) == "w/3"
