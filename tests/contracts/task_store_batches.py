"""The contract of BatchStore: batches count their tasks and tell of their ends in order."""

import asyncio

from gofer.domain.identifiers import BatchId, member_ids, new_batch_id
from gofer.domain.ports import BatchState, Ending, Store, Submitted
from gofer.domain.task import Idempotency, NewTask, Success, TaskStatus
from tests.contracts.store_backend import (
    FUNCTION,
    RETRY_NOW,
    SHORT_MS,
    OpenBackend,
    a_task,
    done,
    lost,
    queue,
    take,
)
from tests.contracts.store_contract import StoreContract

BATCH = new_batch_id(1_700_000_000_000, 5)
OTHER = new_batch_id(1_700_000_000_000, 6)
WISH = Idempotency("key", "ab" * 32)


def members(count: int, batch: BatchId = BATCH) -> list[NewTask]:
    """Return new tasks of a batch."""
    return [NewTask(each, FUNCTION.id, b"args") for each in member_ids(batch, range(1, count + 1))]


async def standing(store: Store, batch: BatchId = BATCH) -> BatchState:
    """Return how a batch stands that must be there."""
    page = await store.endings(batch, 0, 0)
    assert page is not None
    return page.state


async def positions(store: Store, first: int = 0, limit: int = 1_000) -> list[int]:
    """Return the positions of tasks of BATCH in the order in which they ended."""
    page = await store.endings(BATCH, first, limit)
    assert page is not None
    return [ending.position for ending in page.endings]


async def next_results(store: Store, first: int) -> dict[int, bytes]:
    """Wait for what ends of BATCH behind the ``first`` so many; return results by position."""
    page = await store.next_endings(BATCH, first, 1_000, 30)
    assert page is not None
    assert page.state.told == first + len(page.endings)
    return {
        each.position: each.outcome.result
        for each in page.endings
        if isinstance(each.outcome, Success)
    }


class BatchStoreContract(StoreContract):
    """Counting, the order of endings, waiting, keys, and being forgotten."""

    async def test_a_batch_is_there_from_its_first_task_on(self, store: Store) -> None:
        assert await store.endings(BATCH, 0, 10) is None
        await queue(store, *members(3), a_task())
        state = await standing(store)
        assert (state.count, state.last, state.ended) == (3, 3, 0)
        assert await store.endings(OTHER, 0, 10) is None

    async def test_a_task_that_is_there_already_is_not_counted_again(self, store: Store) -> None:
        await queue(store, *members(2))
        answers = await store.submit(members(5))
        assert answers == [Submitted.EXISTS] * 2 + [Submitted.NEW] * 3
        state = await standing(store)
        assert (state.count, state.last) == (5, 5)

    async def test_a_refused_task_is_not_counted(self, store: Store) -> None:
        orphan = NewTask(member_ids(BATCH, [9])[0], FUNCTION.id, b"args")
        assert await store.submit([orphan]) == [Submitted.NO_FUNCTION]
        assert await store.endings(BATCH, 0, 10) is None

    async def test_endings_come_in_the_order_in_which_tasks_ended(self, store: Store) -> None:
        await queue(store, *members(3), *members(2, OTHER))
        attempts = {each.attempt.task_id: each.attempt for each in await take(store)}
        first, second, third = (attempts[task_id] for task_id in member_ids(BATCH, [1, 2, 3]))
        await store.complete(done([third], b"three"))
        await store.fail(lost([first]))
        await store.complete(done([second], b"two"))
        assert await positions(store) == [3, 1, 2]
        assert await positions(store, first=1, limit=1) == [1]
        assert await positions(store, first=3) == []
        page = await store.endings(BATCH, 0, 1)
        assert page is not None
        (ending,) = page.endings
        assert (ending.position, ending.status) == (3, TaskStatus.COMPLETED)
        assert isinstance(ending.outcome, Success)
        assert ending.outcome.result == b"three"

    async def test_every_way_to_end_is_counted(self, store: Store) -> None:
        await queue(store, *members(4))
        one, two, three, _ = [each.attempt for each in await take(store)]
        await store.complete(done([one]))
        await store.fail(lost([two]))
        await store.cancel([three.task_id, *member_ids(BATCH, [4])])
        state = await standing(store)
        assert (state.completed, state.failed, state.cancelled, state.expired) == (1, 1, 2, 0)
        assert state.ended == state.count == 4

    async def test_a_failure_that_is_tried_again_is_no_end(self, store: Store) -> None:
        await queue(store, *members(1))
        (attempt,) = [each.attempt for each in await take(store)]
        await store.fail(lost([attempt], RETRY_NOW))
        assert (await standing(store)).ended == 0

    async def test_a_completion_that_is_repeated_is_counted_once(self, store: Store) -> None:
        await queue(store, *members(1))
        (attempt,) = [each.attempt for each in await take(store)]
        await store.complete(done([attempt, attempt]))
        await store.complete(done([attempt]))
        assert await positions(store) == [1]

    async def test_a_lost_worker_that_costs_the_last_try_is_an_end(
        self, open_backend: OpenBackend
    ) -> None:
        backend = open_backend()
        (only,) = members(1)
        await queue(backend.store, only)
        for _ in range(only.budget.worker_losses + 1):
            (leased,) = await take(backend.store, lease_ms=SHORT_MS)
            await backend.store.start([leased.attempt])
            await backend.advance(2 * SHORT_MS)
            await backend.store.reap(10)
        assert (await standing(backend.store)).failed == 1
        assert await positions(backend.store) == [1]

    async def test_many_endings_come_page_by_page(self, store: Store) -> None:
        await queue(store, *members(250))
        while leased := await take(store):
            await store.complete(done([each.attempt for each in leased]))
        assert await positions(store) == list(range(1, 251))
        assert await positions(store, first=240, limit=100) == list(range(241, 251))

    async def test_a_waiter_hears_of_the_next_ending(self, store: Store) -> None:
        await queue(store, *members(2))
        one, two = [each.attempt for each in await take(store)]
        await store.complete(done([one], b"one"))
        async with asyncio.timeout(10):
            assert await next_results(store, 0) == {1: b"one"}
            waiting = asyncio.create_task(next_results(store, 1))
            await asyncio.wait([waiting], timeout=0.05)
            assert not waiting.done()
            await store.complete(done([two], b"two"))
            assert await waiting == {2: b"two"}

    async def test_a_waiter_is_told_of_results_however_long_they_are(self, store: Store) -> None:
        await queue(store, *members(6))
        attempts = [each.attempt for each in await take(store)]
        results = [b"1", b"2" * 5_000, b"3", b"4" * 100_000]
        async with asyncio.timeout(10):
            for seen, (attempt, result) in enumerate(zip(attempts, results, strict=False)):
                waiting = asyncio.create_task(next_results(store, seen))
                await asyncio.wait([waiting], timeout=0.02)
                await store.complete(done([attempt], result))
                assert await waiting == {seen + 1: result}

    async def test_a_waiter_is_told_of_failures_among_results(self, store: Store) -> None:
        await queue(store, *members(3))
        one, two, three = [each.attempt for each in await take(store)]
        async with asyncio.timeout(10):
            for seen, end in enumerate(
                (
                    store.complete(done([one])),
                    store.fail(lost([two])),
                    store.complete(done([three])),
                )
            ):
                waiting = asyncio.create_task(store.next_endings(BATCH, seen, 9, 30))
                await asyncio.wait([waiting], timeout=0.02)
                await end
                page = await waiting
                assert page is not None
                assert [each.position for each in page.endings] == [seen + 1]
                assert page.state.ended == seen + 1

    async def test_a_waiter_is_told_of_what_ended_while_nobody_waited(self, store: Store) -> None:
        await queue(store, *members(4))
        attempts = [each.attempt for each in await take(store)]
        async with asyncio.timeout(10):
            waiting = asyncio.create_task(next_results(store, 0))
            await asyncio.wait([waiting], timeout=0.02)
            await store.complete(done(attempts[:1], b"r"))
            assert await waiting == {1: b"r"}
            await store.complete(done(attempts[1:2], b"r"))
            await store.complete(done(attempts[2:3], b"r"))
            assert await next_results(store, 1) == {2: b"r", 3: b"r"}
            waiting = asyncio.create_task(next_results(store, 3))
            await asyncio.wait([waiting], timeout=0.02)
            await store.complete(done(attempts[3:], b"r"))
            assert await waiting == {4: b"r"}

    async def test_a_waiter_is_told_no_more_than_it_wants(self, store: Store) -> None:
        await queue(store, *members(3))
        attempts = [each.attempt for each in await take(store)]
        waiting = asyncio.create_task(store.next_endings(BATCH, 0, 2, 30))
        await asyncio.wait([waiting], timeout=0.02)
        await store.complete(done(attempts))
        async with asyncio.timeout(10):
            page = await waiting
        assert page is not None
        assert [each.position for each in page.endings] == [1, 2]
        assert page.state.told == 3

    async def test_nobody_waits_for_more_where_all_have_ended(self, store: Store) -> None:
        await queue(store, *members(1))
        await store.complete(done([each.attempt for each in await take(store)]))
        async with asyncio.timeout(10):
            page = await store.next_endings(BATCH, 1, 9, 30)
        assert page is not None
        assert page.endings == ()

    async def test_nobody_waits_where_fewer_have_ended_than_were_told(self, store: Store) -> None:
        await queue(store, *members(2))
        await store.complete(done([(await take(store))[0].attempt]))
        async with asyncio.timeout(10):
            page = await store.next_endings(BATCH, 2, 9, 30)
        assert page is not None
        assert (page.endings, page.state.told) == ((), 1)

    async def test_who_has_ended_is_told_in_order(self, store: Store) -> None:
        await queue(store, *members(3))
        first, second, third = await take(store)
        await store.complete(done([third.attempt, first.attempt]))
        await store.complete(done([second.attempt]))
        assert await store.ended(BATCH, 9) == [3, 1, 2]
        assert await store.ended(BATCH, 2) == [3, 1]
        assert await store.ended(OTHER, 9) == []

    async def test_nobody_waits_for_a_batch_that_is_not_there(self, store: Store) -> None:
        async with asyncio.timeout(10):
            assert await store.next_endings(OTHER, 0, 9, 30) is None

    async def test_nobody_waits_for_endings_in_a_process_that_leaves(self, store: Store) -> None:
        await queue(store, *members(1))
        waiting = asyncio.create_task(store.next_endings(BATCH, 0, 9, 30))
        await asyncio.wait([waiting], timeout=0.05)
        store.wake()
        async with asyncio.timeout(10):
            for page in (await waiting, await store.next_endings(BATCH, 0, 9, 30)):
                assert page is not None
                assert page.endings == ()

    async def test_a_wait_ends_with_its_time(self, store: Store) -> None:
        await queue(store, *members(1))
        async with asyncio.timeout(10):
            for wait_s in (0.02, 0):
                page = await store.next_endings(BATCH, 0, 9, wait_s)
                assert page is not None
                assert page.endings == ()

    async def test_a_key_names_the_batch_that_it_was_bound_to_first(self, store: Store) -> None:
        assert await store.name_batch(WISH, BATCH) == BATCH
        assert await store.name_batch(WISH, OTHER) == BATCH
        assert await store.name_batch(Idempotency("key", "cd" * 32), OTHER) is None

    async def test_a_key_of_a_single_task_names_no_batch(self, store: Store) -> None:
        single = a_task()
        keyed = NewTask(single.id, FUNCTION.id, b"args", idempotency=WISH)
        await queue(store, keyed)
        assert await store.name_batch(WISH, BATCH) is None

    async def test_a_key_of_a_batch_names_no_single_task(self, store: Store) -> None:
        await store.name_batch(WISH, BATCH)
        single = a_task()
        await store.put([FUNCTION])
        answers = await store.submit([NewTask(single.id, FUNCTION.id, b"", idempotency=WISH)])
        assert answers == [Submitted.CONFLICT]

    async def test_a_batch_is_forgotten_after_its_last_task(
        self, open_backend: OpenBackend
    ) -> None:
        backend = open_backend(retention_ms=200)
        await queue(backend.store, *members(2))
        one, two = [each.attempt for each in await take(backend.store)]
        await backend.store.complete(done([one]))
        await backend.advance(300)
        page = await backend.store.endings(BATCH, 0, 9)
        assert page is not None
        assert page.endings == (Ending(1, None, None),)  # the task itself is forgotten
        await backend.store.complete(done([two]))
        await backend.advance(300)
        assert await backend.store.endings(BATCH, 0, 9) is None

    async def test_a_batch_that_grows_is_not_forgotten(self, open_backend: OpenBackend) -> None:
        backend = open_backend(retention_ms=200)
        await queue(backend.store, *members(1))
        await backend.store.complete(done([each.attempt for each in await take(backend.store)]))
        await backend.store.submit(members(2))
        await backend.advance(300)
        state = await standing(backend.store)
        assert (state.count, state.ended) == (2, 1)
