"""Tasks that any version of an implementation can run, beside those of one version."""

from dataclasses import replace

from gofer.domain.function import family_of
from gofer.domain.identifiers import TaskId
from gofer.domain.ports import Store
from tests.contracts.store_backend import (
    FOREIGN,
    FOREIGN_TAG,
    LONG_MS,
    TAG,
    a_function,
    a_task,
    queue,
)
from tests.contracts.store_contract import StoreContract

ANY = family_of(TAG)
PORTABLE = replace(a_function(b"", name="portable"), source="def portable(): pass")


async def claimed(store: Store, **wants: int) -> list[TaskId]:
    tags = {"ours": TAG, "theirs": FOREIGN_TAG, "any": ANY}
    wanted = {tags[name]: most for name, most in wants.items()}
    claim = await store.claim("d1", "token", wanted, LONG_MS)
    return [leased.attempt.task_id for leased in claim.tasks]


class TaskStoreFamiliesContract(StoreContract):
    async def test_a_function_with_source_waits_in_its_familys_queue(self, store: Store) -> None:
        await store.put([PORTABLE])
        (task_id,) = await queue(store, a_task(function_id=PORTABLE.id))
        claim = await store.claim("d1", "token", {TAG: 5}, LONG_MS)
        assert (claim.tasks, claim.elsewhere) == ((), (ANY,))
        assert await claimed(store, ours=5, any=5) == [task_id]

    async def test_priority_comes_first_and_then_who_has_waited_longest(self, store: Store) -> None:
        await store.put([PORTABLE])
        tasks = [
            a_task(),
            a_task(function_id=PORTABLE.id),
            a_task(),
            a_task(function_id=PORTABLE.id, priority=0),
            a_task(priority=0),
        ]
        ids = await queue(store, *tasks)
        assert await claimed(store, any=9, ours=9) == [ids[n] for n in (3, 4, 0, 2, 1)]

    async def test_a_familys_room_is_that_of_its_environments(self, store: Store) -> None:
        await store.put([PORTABLE, FOREIGN])
        ours = await queue(store, *(a_task() for _ in range(4)))
        portable = await queue(store, *(a_task(function_id=PORTABLE.id) for _ in range(4)))
        theirs = await queue(store, *(a_task(function_id=FOREIGN.id) for _ in range(4)))
        first = await claimed(store, ours=2, theirs=1, any=3)
        assert first == [*ours[:2], portable[0]]
        second = await claimed(store, theirs=2, any=2)
        assert second == portable[1:3]
        assert await claimed(store, ours=9, theirs=9, any=9) == [*ours[2:], portable[3], *theirs]

    async def test_more_of_a_family_than_one_script_call_takes(self, store: Store) -> None:
        await store.put([PORTABLE])
        ours = await queue(store, *(a_task() for _ in range(80)))
        portable = await queue(store, *(a_task(function_id=PORTABLE.id) for _ in range(180)))
        got = await claimed(store, ours=230, any=230)
        assert sorted(got) == [*ours, *portable[:150]]
