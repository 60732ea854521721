"""The use cases of batches over the memory store."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pytest

from gofer.adapters.memory.clock import ManualClock, SeededEntropy
from gofer.adapters.memory.store import MemoryStore
from gofer.adapters.payload import PickleInspector
from gofer.adapters.telemetry import CountingTelemetry
from gofer.domain.batches import AT_ONCE, SubmittedBatch
from gofer.domain.cursors import START, Cursor
from gofer.domain.errors import (
    InvalidInput,
    InvalidPayload,
    KeyReused,
    NotFound,
    QueueFull,
)
from gofer.domain.function import Environment
from gofer.domain.identifiers import (
    FunctionId,
    TaskId,
    WorkerId,
    member_ids,
    new_batch_id,
    position_of,
    uuid7,
)
from gofer.domain.policy import BATCH, HANDED_MOST
from gofer.domain.ports import Cancelled, Completion, Inspection, Repeated, Submitted
from gofer.domain.service import Service
from gofer.domain.submissions import Limits, Submission, batch_idempotency
from gofer.domain.task import NewTask, Success

OURS = Environment("cpython", (3, 11))
NOBODY = FunctionId(uuid7(0, 0))


class Inspector(PickleInspector):
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


class CountingStore(MemoryStore):
    """Notes how many tasks each call brings."""

    def __init__(self, clock: ManualClock, queued_limit: int) -> None:
        super().__init__(clock, queued_limit=queued_limit)
        self.submits: list[int] = []

    async def submit(self, tasks: Iterable[NewTask]) -> list[Submitted | Repeated]:
        made = list(tasks)
        self.submits.append(len(made))
        return await super().submit(made)


@pytest.fixture
async def house() -> House:
    return await house_over(MemoryStore(ManualClock(), queued_limit=5))


async def house_over(store: MemoryStore) -> House:
    clock = ManualClock()
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


async def test_the_first_few_of_many_are_recorded_before_the_others_are_looked_at() -> None:
    store = CountingStore(ManualClock(), 10_000)
    house = await house_over(store)
    for count in (BATCH, BATCH + 1, 2 * AT_ONCE):
        batch = await house.service.batches.submit(house.wishes(*[b"args"] * count))
        assert [position_of(each) for each in task_ids(batch)] == list(range(1, count + 1))
    few = HANDED_MOST
    assert store.submits == [BATCH, few, BATCH + 1 - few, few, AT_ONCE - few, AT_ONCE]


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
    page = await house.service.batches.results(batch.id, Cursor(first, None), 10)
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
    waiting = asyncio.create_task(house.service.batches.results(batch.id, START, 10, 30))
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
        page = await house.service.batches.results(batch.id, Cursor(1, None), 10, 30)
    assert page.endings == ()


async def test_waiting_for_results_gives_up_in_time(house: House) -> None:
    batch = await house.service.batches.submit(house.wishes(b"a"))
    async with asyncio.timeout(10):
        page = await house.service.batches.results(batch.id, START, 10, 0.02)
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
    for call in (
        batches.state(unknown),
        batches.results(unknown, START, 1),
        batches.cancel(unknown),
    ):
        with pytest.raises(NotFound, match="no batch"):
            await call
