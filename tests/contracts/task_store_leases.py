"""What every TaskStore tells a dispatcher of its own leases, as after a lost answer."""

import pytest

from gofer.domain.ports import Credit, Store
from tests.contracts.store_backend import (
    LONG_MS,
    TAG,
    OpenBackend,
    a_task,
    done,
    lost,
    queue,
    take,
)
from tests.contracts.store_contract import StoreContract


class LeasedContract(StoreContract):
    async def test_a_dispatcher_is_told_of_what_is_leased_to_it(self, store: Store) -> None:
        await queue(store, *(a_task() for _ in range(5)))
        mine = [each.attempt for each in await take(store, limit=3)]
        await store.claim("an other", "token", {TAG: 9}, LONG_MS)
        assert sorted(await store.leased("d1")) == sorted(mine)
        assert len(await store.leased("an other")) == 2
        assert await store.leased("d") == []

    async def test_what_has_ended_or_was_handed_back_is_leased_to_nobody(
        self, store: Store
    ) -> None:
        await queue(store, *(a_task() for _ in range(5)))
        kept, *rest = [each.attempt for each in await take(store, limit=5)]
        await store.complete(done(rest[:1]))
        await store.fail(lost(rest[1:2]))
        await store.release(rest[2:3])
        await store.cancel([rest[3].task_id])
        assert await store.leased("d1") == [kept]

    async def test_an_adopted_lease_is_its_new_owners(self, store: Store) -> None:
        await queue(store)
        (leased,) = await take(store)
        await store.start([leased.attempt])
        await store.adopt("d2", [leased.attempt], LONG_MS)
        assert await store.leased("d1") == []
        assert await store.leased("d2") == [leased.attempt]

    async def test_what_was_handed_over_and_not_fetched_is_told_too(self, store: Store) -> None:
        await store.listen("d2", 0)
        await store.listen("d2", 0, Credit("credit", {TAG: 1}, LONG_MS))
        (task_id,) = await queue(store)
        (handed,) = await store.leased("d2")
        assert (handed.task_id, handed.token) == (task_id, "credit")

    @pytest.mark.parametrize("count", [999, 1_000, 2_001])
    async def test_many_leases_are_no_special_case(
        self, open_backend: OpenBackend, count: int
    ) -> None:
        store = open_backend(queued_limit=count).store
        await queue(store, *(a_task() for _ in range(count)))
        claim = await store.claim("d1", "token", {TAG: count}, LONG_MS)
        assert sorted(await store.leased("d1")) == sorted(each.attempt for each in claim.tasks)
