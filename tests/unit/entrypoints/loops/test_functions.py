"""The functions that a dispatcher has at hand: asked for once each, and within a bound."""

from collections.abc import Sequence

import pytest

from gofer.adapters.memory.clock import ManualClock
from gofer.adapters.memory.store import MemoryStore
from gofer.domain.function import Environment, Function
from gofer.domain.identifiers import FunctionId, uuid7
from gofer.entrypoints.loops.functions import FunctionCache

OURS = Environment("cpython", (3, 11))


class CountingStore(MemoryStore):
    """A store that notes which functions it was asked for."""

    def __init__(self) -> None:
        super().__init__(ManualClock())
        self.asked: list[FunctionId] = []

    async def fetch(self, function_ids: Sequence[FunctionId]) -> list[Function | None]:
        self.asked += function_ids
        return await super().fetch(function_ids)


def a_function(number: int, payload: bytes = b"", source: str = "") -> Function:
    return Function(
        FunctionId(uuid7(1, number)), f"f{number}", payload, "d", OURS, 1, source=source
    )


@pytest.mark.parametrize("kind", ["payload", "source"])
async def test_code_of_either_form_is_kept_within_the_bound(kind: str) -> None:
    store = CountingStore()
    code: dict[str, bytes | str] = {"payload": b"x" * 60, "source": "x" * 60}
    functions = [a_function(n, **{kind: code[kind]}) for n in (1, 2, 3)]  # type: ignore[arg-type]
    await store.put(functions)
    cache = FunctionCache(store, most_bytes=130)
    for function in (*functions, functions[2], functions[0]):
        assert (await cache.get([function.id]))[function.id].name == function.name
    assert store.asked == [functions[0].id, functions[1].id, functions[2].id, functions[0].id]


async def test_what_is_not_there_is_asked_for_again() -> None:
    store = CountingStore()
    cache = FunctionCache(store)
    unknown = a_function(1)
    assert await cache.get([unknown.id]) == {}
    await store.put([unknown])
    assert list(await cache.get([unknown.id])) == [unknown.id]
