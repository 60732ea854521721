"""What every TaskStore does with idempotency keys: a request sent again is recorded once."""

from gofer.domain.identifiers import FunctionId, uuid7
from gofer.domain.ports import Repeated, Store, Submitted
from gofer.domain.task import Idempotency, NewTask
from tests.contracts.store_backend import FUNCTION, SHORT_MS, OpenBackend, a_task, queue, taken_ids
from tests.contracts.store_contract import StoreContract


def keyed(task: NewTask, key: str, digest: str = "0" * 64) -> NewTask:
    """Return the task as a request with this idempotency key."""
    return task._replace(idempotency=Idempotency(key, digest))


class KeyContract(StoreContract):
    async def test_a_request_that_is_repeated_with_its_key_is_recorded_once(
        self, store: Store
    ) -> None:
        first, again = (keyed(a_task(), "k 1") for _ in range(2))
        await queue(store, first)
        assert await store.submit([again]) == [Repeated(first.id)]
        assert await taken_ids(store) == [first.id]
        assert await store.submit([again, a_task(), again]) == [
            Repeated(first.id),
            Submitted.NEW,
            Repeated(first.id),
        ]
        assert await store.get([again.id]) == [None]

    async def test_a_key_twice_in_one_submit_is_recorded_once(self, store: Store) -> None:
        await store.put([FUNCTION])
        first, again = (keyed(a_task(), "k") for _ in range(2))
        assert await store.submit([first, again]) == [Submitted.NEW, Repeated(first.id)]

    async def test_a_key_with_another_request_is_refused(self, store: Store) -> None:
        await queue(store, keyed(a_task(), "k"))
        other = keyed(a_task(), "k", "f" * 64)
        assert await store.submit([other, a_task()]) == [Submitted.CONFLICT, Submitted.NEW]

    async def test_a_key_of_a_refused_task_is_free(self, store: Store) -> None:
        await store.put([FUNCTION])
        orphan = keyed(a_task(function_id=FunctionId(uuid7(0, 2))), "k")
        assert await store.submit([orphan]) == [Submitted.NO_FUNCTION]
        assert await store.submit([keyed(a_task(), "k")]) == [Submitted.NEW]

    async def test_a_key_is_forgotten_after_the_retention(self, open_backend: OpenBackend) -> None:
        backend = open_backend(retention_ms=SHORT_MS)
        await queue(backend.store, keyed(a_task(), "k"))
        await backend.advance(SHORT_MS)
        assert await backend.store.submit([keyed(a_task(), "k")]) == [Submitted.NEW]
