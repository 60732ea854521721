"""The use cases of batches over the memory store, and the ids by which tasks name their batch."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gofer.adapters.memory.clock import ManualClock, SeededEntropy
from gofer.adapters.memory.store import MemoryStore
from gofer.adapters.telemetry import CountingTelemetry
from gofer.domain.batches import SubmittedBatch
from gofer.domain.errors import (
    InvalidIdentifier,
    InvalidInput,
    InvalidPayload,
    KeyReused,
    NotFound,
    QueueFull,
)
from gofer.domain.function import Environment
from gofer.domain.identifiers import (
    BATCH_BITS,
    MAX_POSITION,
    MAX_SHARD,
    RANDOM_BITS,
    FunctionId,
    TaskId,
    WorkerId,
    batch_of,
    member_ids,
    new_batch_id,
    parse_batch_id,
    parse_task_id,
    position_of,
    shard_of,
    uuid7,
)
from gofer.domain.ports import Cancelled, Completion, Inspection
from gofer.domain.service import Service
from gofer.domain.submissions import Limits, Submission, batch_idempotency
from gofer.domain.task import Success

OURS = Environment("cpython", (3, 11))
NOBODY = FunctionId(uuid7(0, 0))
TIMES = st.integers(0, (1 << 48) - 1)
SHARDS = st.integers(0, MAX_SHARD)


class Inspector:
    """Finds fault with what says so."""

    def inspect(self, payload: bytes) -> Inspection:
        if payload == b"rubbish":
            raise InvalidPayload("this is no pickle")
        return Inspection(len(payload), 4, 1)

    def check(self, payload: bytes) -> None:
        self.inspect(payload)


@dataclass
class House:
    """A service over a memory store, with one function."""

    service: Service
    store: MemoryStore
    function: FunctionId

    def wishes(self, *payloads: bytes) -> list[Submission]:
        return [Submission(self.function, payload) for payload in payloads]

    async def finish(self, most: int = 100) -> None:
        claim = await self.store.claim("d", "token", {OURS.tag: most}, 1_000)
        success = Success(b"result")
        await self.store.complete(
            [Completion(each.attempt, WorkerId("w"), success) for each in claim.tasks]
        )


@pytest.fixture
async def house() -> House:
    clock = ManualClock()
    store = MemoryStore(clock, queued_limit=5)
    entropy, telemetry = SeededEntropy(1), CountingTelemetry()
    service = Service(
        store,
        store,
        Inspector(),
        clock,
        entropy,
        OURS,
        Limits(),
        telemetry,
    )
    return House(service, store, await service.register("f", b"code"))


def task_ids(batch: SubmittedBatch) -> list[TaskId]:
    ids = [answer for answer in batch.answers if isinstance(answer, str)]
    assert len(ids) == batch.accepted
    return ids


def kinds(batch: SubmittedBatch) -> list[type]:
    return [type(answer) for answer in batch.answers]


# ---------------------------------------------------------------- ids


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


# ---------------------------------------------------------------- submitting


async def test_each_wish_of_a_batch_becomes_a_task_of_it(house: House) -> None:
    batch = await house.service.batches.submit(house.wishes(b"a", b"b"))
    assert task_ids(batch) == member_ids(batch.id, [1, 2])
    state = await house.service.batches.state(batch.id)
    assert (state.count, state.ended) == (2, 0)


async def test_each_wish_has_its_own_answer(house: House) -> None:
    wishes = house.wishes(b"a", b"rubbish", b"b")
    wishes.insert(1, Submission(NOBODY, b"c"))
    batch = await house.service.batches.submit(wishes)
    assert kinds(batch) == [str, NotFound, InvalidPayload, str]
    assert task_ids(batch) == member_ids(batch.id, [1, 4])
    assert (await house.service.batches.state(batch.id)).count == 2


async def test_a_queue_that_fills_up_takes_what_fits(house: House) -> None:
    batch = await house.service.batches.submit(house.wishes(*[b"a"] * 7))
    assert kinds(batch) == [str] * 5 + [QueueFull] * 2


async def test_a_batch_of_which_nothing_is_taken_is_none(house: House) -> None:
    batch = await house.service.batches.submit([Submission(NOBODY, b"a")])
    assert batch.accepted == 0
    with pytest.raises(NotFound):
        await house.service.batches.state(batch.id)


async def test_a_batch_sent_again_with_its_key_is_the_same_batch(house: House) -> None:
    wishes = house.wishes(b"a", b"b")
    first = await house.service.batches.submit(wishes, "key")
    again = await house.service.batches.submit(wishes, "key")
    assert first == again
    assert (await house.service.batches.state(first.id)).count == 2


async def test_a_batch_of_one_sent_again_with_its_key_is_the_same_batch(house: House) -> None:
    first = await house.service.batches.submit(house.wishes(b"a"), "key")
    again = await house.service.batches.submit(house.wishes(b"a"), "key")
    assert first == again
    assert first.accepted == 1
    assert (await house.service.batches.state(first.id)).count == 1


async def test_a_batch_of_one_that_an_earlier_version_has_named_is_found(house: House) -> None:
    named = new_batch_id(7, 7)
    await house.store.name_batch(batch_idempotency("key", "0" * 64), named)
    for _ in range(2):
        found = await house.service.batches.submit(house.wishes(b"a"), "key", "0" * 64)
        assert found.id == named
    assert (await house.service.batches.state(named)).count == 1


async def test_a_batch_of_one_that_is_refused_leaves_its_key_free(house: House) -> None:
    refused = await house.service.batches.submit([Submission(NOBODY, b"a")], "key")
    assert isinstance(refused.answers[0], NotFound)
    taken = await house.service.batches.submit(house.wishes(b"a"), "key")
    assert taken.accepted == 1


async def test_what_a_batch_lacked_is_added_when_it_is_sent_again(house: House) -> None:
    wishes = house.wishes(*[b"a"] * 7)
    first = await house.service.batches.submit(wishes, "key")
    await house.finish()
    again = await house.service.batches.submit(wishes, "key")
    assert (first.accepted, again.accepted) == (5, 7)
    assert (await house.service.batches.state(first.id)).count == 7


async def test_another_batch_with_the_same_key_is_refused(house: House) -> None:
    await house.service.batches.submit(house.wishes(b"a"), "key")
    with pytest.raises(KeyReused):
        await house.service.batches.submit(house.wishes(b"b"), "key")


async def test_a_single_task_does_not_pass_for_a_batch_of_one(house: House) -> None:
    await house.service.submit([Submission(house.function, b"a", key="key")])
    with pytest.raises(KeyReused):
        await house.service.batches.submit(house.wishes(b"a"), "key")


async def test_a_key_that_is_none_is_refused_before_anything_is_stored(house: House) -> None:
    with pytest.raises(InvalidInput, match="Idempotency-Key"):
        await house.service.batches.submit(house.wishes(b"a"), "k" * 256)
    assert not (await house.store.claim("d", "token", {OURS.tag: 9}, 1_000)).tasks


# ---------------------------------------------------------------- results and cancels


async def positions(house: House, batch: SubmittedBatch, first: int) -> Sequence[int]:
    page = await house.service.batches.results(batch.id, first, 10)
    return [ending.position for ending in page.endings]


async def test_results_come_from_a_cursor_on(house: House) -> None:
    batch = await house.service.batches.submit(house.wishes(b"a", b"b", b"c"))
    await house.finish(2)
    assert await positions(house, batch, 0) == [1, 2]
    await house.finish()
    assert await positions(house, batch, 2) == [3]
    assert await positions(house, batch, 3) == []


async def test_waiting_for_results_ends_with_the_next_one(house: House) -> None:
    batch = await house.service.batches.submit(house.wishes(b"a"))
    waiting = asyncio.create_task(house.service.batches.results(batch.id, 0, 10, 30))
    await asyncio.sleep(0)
    assert not waiting.done()
    await house.finish()
    async with asyncio.timeout(10):
        page = await waiting
    assert [ending.outcome for ending in page.endings] == [Success(b"result")]


async def test_nobody_waits_for_results_that_cannot_come(house: House) -> None:
    batch = await house.service.batches.submit(house.wishes(b"a"))
    await house.finish()
    async with asyncio.timeout(10):
        page = await house.service.batches.results(batch.id, 1, 10, 30)
    assert page.endings == ()


async def test_waiting_for_results_gives_up_in_time(house: House) -> None:
    batch = await house.service.batches.submit(house.wishes(b"a"))
    async with asyncio.timeout(10):
        page = await house.service.batches.results(batch.id, 0, 10, 0.02)
    assert page.endings == ()


async def test_a_cancel_ends_what_has_not_ended(house: House) -> None:
    batch = await house.service.batches.submit(house.wishes(b"a", b"rubbish", b"b", b"c"))
    await house.finish(1)
    await house.store.claim("d", "token", {OURS.tag: 1}, 1_000)
    answers = await house.service.batches.cancel(batch.id)
    assert answers == {
        Cancelled.TOO_LATE: 1,
        Cancelled.STOPPING: 1,
        Cancelled.PREVENTED: 1,
    }
    state = await house.service.batches.state(batch.id)
    assert (state.count, state.completed, state.cancelled) == (3, 1, 2)


async def test_a_cancel_may_leave_alone_what_runs(house: House) -> None:
    batch = await house.service.batches.submit(house.wishes(b"a", b"rubbish", b"b", b"c"))
    await house.finish(1)
    await house.store.claim("d", "token", {OURS.tag: 1}, 1_000)
    answers = await house.service.batches.cancel(batch.id, running=False)
    assert answers == {Cancelled.TOO_LATE: 2, Cancelled.PREVENTED: 1}


async def test_an_unknown_batch_is_not_found_by_any_call(house: House) -> None:
    unknown, batches = new_batch_id(0, 0), house.service.batches
    for call in (batches.state(unknown), batches.results(unknown, 0, 1), batches.cancel(unknown)):
        with pytest.raises(NotFound, match="no batch"):
            await call
