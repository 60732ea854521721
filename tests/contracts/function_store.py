"""What every FunctionStore does, in code; see ``task_store.py`` for how adapters use it."""

from dataclasses import replace

from gofer.domain.function import Environment
from gofer.domain.identifiers import FunctionId, uuid7
from tests.contracts.store_backend import Store, a_function
from tests.contracts.store_contract import StoreContract


class FunctionStoreContract(StoreContract):
    async def test_a_function_comes_back_as_it_was_stored(self, store: Store) -> None:
        functions = [
            a_function(bytes(range(256)) * 50, name="größe\n'"),
            replace(a_function(b""), name="", environment=Environment("pypy", (3, 14))),
        ]
        await store.put(functions)
        assert await store.fetch([function.id for function in functions]) == functions

    async def test_an_unknown_function_is_none(self, store: Store) -> None:
        known = a_function()
        await store.put([known])
        unknown = FunctionId(uuid7(0, 3))
        assert await store.fetch([unknown, known.id, unknown]) == [None, known, None]

    async def test_storing_again_changes_nothing(self, store: Store) -> None:
        function = a_function(b"first")
        await store.put([function])
        await store.put([function, replace(function, payload=b"second", name="other")])
        assert await store.fetch([function.id]) == [function]

    async def test_more_than_one_script_call_of_functions_is_no_special_case(
        self, store: Store
    ) -> None:
        functions = [a_function(b"%d" % n) for n in range(130)]
        await store.put(functions)
        assert await store.fetch([function.id for function in functions]) == functions

    async def test_nothing_is_stored_and_fetched_for_nothing(self, store: Store) -> None:
        await store.put([])
        assert await store.fetch([]) == []
