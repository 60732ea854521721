"""What every EventStore does: a feed of changes for whoever watches."""

import asyncio

import pytest

from gofer.domain.errors import InvalidInput
from gofer.domain.policy import Charge, Requeue
from gofer.domain.ports import Change, Feed, Store
from gofer.domain.task import Budget, TaskStatus
from tests.contracts.store_backend import a_task, done, lost, queue, running, take
from tests.contracts.store_contract import StoreContract

ALL = 1_000


async def watching(store: Store) -> str:
    """Begin to watch; return the cursor."""
    feed = await store.events.changes("", ALL, 0)
    assert feed.changes == ()
    return feed.cursor


class EventStoreContract(StoreContract):
    async def test_each_state_into_which_tasks_come_is_told_in_order(self, store: Store) -> None:
        cursor = await watching(store)
        first, second = await running(store, a_task(), a_task(budget=Budget(retries=1)))
        await store.complete(done([first]))
        await store.fail(lost([second], Requeue(Charge.RETRY, 0)))
        (again,) = await take(store)
        await store.release([again.attempt])
        (again,) = await take(store)
        await store.fail(lost([again.attempt]))
        await store.history.retry([second.task_id])
        await store.cancel([second.task_id])
        await queue(store, late := a_task()._replace(expires_at_ms=1))
        await store.reap(10)
        feed = await store.events.changes(cursor, ALL, 0)
        a, b, c = first.task_id, second.task_id, late.id
        queued, runs = TaskStatus.QUEUED, TaskStatus.RUNNING
        assert [(each.task_id, each.status) for each in feed.changes] == [
            (a, queued), (b, queued), (a, runs), (b, runs),
            (a, TaskStatus.COMPLETED), (b, queued), (b, runs), (b, queued), (b, runs),
            (b, TaskStatus.FAILED), (b, queued), (b, TaskStatus.CANCELLED),
            (c, queued), (c, TaskStatus.EXPIRED),
        ]  # fmt: skip
        assert not feed.gap
        assert feed.cursor == feed.changes[-1].cursor
        assert all(each.at_ms > 1_600_000_000_000 for each in feed.changes)

    async def test_any_cursor_goes_on_exactly_behind_it(self, store: Store) -> None:
        cursor = await watching(store)
        await queue(store, *(a_task() for _ in range(5)))
        await running(store)
        whole = (await store.events.changes(cursor, ALL, 0)).changes
        assert len(whole) == 12
        for place, change in enumerate(whole):
            behind = await store.events.changes(change.cursor, ALL, 0)
            assert behind.changes == whole[place + 1 :]
            assert not behind.gap
        found: list[Change] = []
        while (feed := await store.events.changes(cursor, 5, 0)).changes:
            found += feed.changes
            cursor = feed.cursor
        assert tuple(found) == whole

    async def test_nothing_is_written_before_somebody_watches(self, store: Store) -> None:
        await queue(store)
        cursor = await watching(store)
        assert await store.events.changes(cursor, ALL, 0) == Feed((), cursor)

    async def test_who_waits_is_told_of_the_next_change(self, store: Store) -> None:
        cursor = await watching(store)
        waiting = [asyncio.create_task(store.events.changes(cursor, ALL, 30)) for _ in range(12)]
        await asyncio.sleep(0)
        (task_id,) = await queue(store)
        for feed in await asyncio.gather(*waiting):
            assert [each.task_id for each in feed.changes] == [task_id]

    async def test_who_comes_from_before_the_feed_is_told_of_the_gap(self, store: Store) -> None:
        cursor = await watching(store)
        earlier = "0-1" if "-" in cursor else "0"
        (task_id,) = await queue(store)
        feed = await store.events.changes(earlier, ALL, 0)
        assert feed.gap
        assert [each.task_id for each in feed.changes] == [task_id]
        assert not (await store.events.changes(feed.cursor, ALL, 0)).gap

    async def test_a_gap_is_told_at_once_and_once(self, store: Store) -> None:
        cursor = await watching(store)
        earlier = "0-1" if "-" in cursor else "0"
        async with asyncio.timeout(5):
            feed = await store.events.changes(earlier, ALL, 60)
        assert feed == Feed((), cursor, gap=True)
        assert not (await store.events.changes(feed.cursor, ALL, 0)).gap

    @pytest.mark.parametrize("cursor", ["x", "-", "1-", "1-2.", "1 ", "٣", "9" * 40])
    async def test_a_cursor_that_is_none_is_refused(self, store: Store, cursor: str) -> None:
        with pytest.raises(InvalidInput):
            await store.events.changes(cursor, ALL, 0)
