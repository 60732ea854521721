"""The contract of BatchStore for long results: left out of a page, and brought one by one."""

from gofer.domain.ports import Ending, Store
from gofer.domain.task import Success
from tests.contracts.store_backend import (
    SHORT_MS,
    Backend,
    OpenBackend,
    done,
    lost,
    queue,
    running,
    take,
)
from tests.contracts.task_store_batches import (
    BATCH,
    BatchStoreContract,
    members,
    positions,
)


class LongResultContract(BatchStoreContract):
    """The rest of BatchStore: what is left out, what is told of it, and how it is brought."""

    async def test_long_results_are_left_out_and_brought_in_order(self, store: Store) -> None:
        bodies = [b"a" * 9_000, b"b", b"c" * 9_001, b"d" * 9_000, b"e" * 3_000]
        await queue(store, *members(7))
        attempts = [each.attempt for each in await take(store)]
        for attempt, body in zip(attempts, bodies, strict=False):
            await store.complete(done([attempt], body))
        await store.fail(lost(attempts[5:6]))
        page = await store.endings(BATCH, 0, 9, 8_999)
        whole = await store.endings(BATCH, 0, 9)
        assert page is not None
        assert whole is not None
        assert [ending.left_out for ending in page.endings] == [9_000, 0, 9_001, 9_000, 0, 0]
        assert [ending.left_out for ending in whole.endings] == [0] * 6
        told = [each._replace(outcome=None, left_out=0) for each in page.endings]
        assert told == [each._replace(outcome=None) for each in whole.endings]
        outcomes = [ending.outcome for ending in page.endings]
        assert outcomes[0] == Success(b"")
        assert outcomes[1::3] == [Success(b"b"), Success(b"e" * 3_000)]
        assert outcomes[5] == whole.endings[5].outcome
        brought = [body async for body in store.long_results(BATCH, page.endings)]
        assert brought == [bodies[0], bodies[2], bodies[3]]
        assert [body async for body in store.long_results(BATCH, page.endings[1:2])] == []

    async def test_of_a_long_result_that_is_forgotten_meanwhile_nothing_is_brought(
        self, open_backend: OpenBackend
    ) -> None:
        backend = open_backend(retention_ms=SHORT_MS)
        await backend.store.complete(done(await running(backend.store, *members(2)), b"r" * 9_000))
        page = await backend.store.endings(BATCH, 0, 9, 8_999)
        assert page is not None
        await backend.advance(SHORT_MS)
        assert [body async for body in backend.store.long_results(BATCH, page.endings)] == [
            None
        ] * 2

    async def test_a_long_result_that_is_forgotten_before_its_task_is_told_so(
        self, backend: Backend
    ) -> None:
        (brief,) = members(1)
        await queue(backend.store, brief._replace(result_ttl_ms=SHORT_MS))
        attempts = [each.attempt for each in await take(backend.store)]
        await backend.store.complete(done(attempts, b"r" * 9_000))
        await backend.advance(SHORT_MS)
        page = await backend.store.endings(BATCH, 0, 9, 8_999)
        assert page is not None
        assert page.endings == (Ending(1, None, None),)

    async def test_whoever_wants_no_more_long_results_may_leave(self, store: Store) -> None:
        await store.complete(done(await running(store, *members(4)), b"r" * 9_000))
        page = await store.endings(BATCH, 0, 9, 8_999)
        assert page is not None
        bodies = store.long_results(BATCH, page.endings)
        assert await anext(bodies) == b"r" * 9_000
        await bodies.aclose()
        assert len(await positions(store)) == 4
