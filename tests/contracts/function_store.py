"""What every FunctionStore does, in code; see ``task_store.py`` for how adapters use it."""

from collections.abc import Sequence
from dataclasses import replace

from gofer.domain.function import Defaults, Environment, Function, FunctionName
from gofer.domain.identifiers import FunctionId, uuid7
from gofer.domain.ports import DELETED_RETENTIONS, Filed, Store, Submitted
from tests.contracts.store_backend import SHORT_MS, OpenBackend, a_function, a_task, take
from tests.contracts.store_contract import StoreContract

NOBODY = FunctionId(uuid7(0, 3))


def numbered(functions: Sequence[Function]) -> list[Function]:
    """Return functions of one name with the versions that they get."""
    return [replace(each, version=number) for number, each in enumerate(functions, 1)]


class FunctionStoreContract(StoreContract):
    async def test_a_function_comes_back_as_it_was_stored(self, store: Store) -> None:
        needed = Environment("pypy", (3, 14), "0.4.0", ("numpy", "größe"), ("np",))
        functions = [
            a_function(bytes(range(256)) * 50, name="größe\n'"),
            replace(a_function(b""), name="", environment=needed),
            replace(a_function(b"", name="s"), source="def é():\n  return '𝄞'\n", entry="é"),
            replace(a_function(b"x", name="d"), defaults=Defaults(5_000, 1, 0, 2, 60_000)),
        ]
        await store.put(functions)
        assert await store.fetch([function.id for function in functions]) == functions

    async def test_an_unknown_function_is_none(self, store: Store) -> None:
        known = a_function()
        await store.put([known])
        assert await store.fetch([NOBODY, known.id, NOBODY]) == [None, known, None]
        names = [FunctionName("nobody"), FunctionName("f", 2), FunctionName("f", 0)]
        assert await store.heads([NOBODY, *names]) == [None] * 4

    async def test_storing_again_changes_nothing(self, store: Store) -> None:
        function = a_function(b"first")
        again = replace(function, payload=b"second", name="other")
        assert await store.put([function]) == [Filed(function.id, 1, new=True)]
        known = Filed(function.id, 1, new=False)
        assert await store.put([function, again]) == [known, known]
        assert await store.fetch([function.id]) == [function]
        assert await store.heads([FunctionName("other")]) == [None]

    async def test_more_than_one_script_call_of_functions_is_no_special_case(
        self, store: Store
    ) -> None:
        functions = numbered([a_function(b"%d" % n) for n in range(130)])
        await store.put(functions)
        ids = [function.id for function in functions]
        heads = [function.head for function in functions]
        assert await store.fetch(ids) == functions
        assert await store.heads(ids) == heads
        assert await store.versions("f", None, 1_000) == heads[::-1]
        assert await store.versions("f", None, 120) == heads[:9:-1]

    async def test_nothing_is_stored_and_fetched_for_nothing(self, store: Store) -> None:
        assert await store.put([]) == []
        assert await store.fetch([]) == []
        assert await store.heads([]) == []
        assert await store.delete([]) == []

    async def test_each_name_counts_its_versions_for_itself(self, store: Store) -> None:
        names = ["a", "b", "a", "a@2", "b"]
        functions = [a_function(name=name) for name in names]
        assert [filed.version for filed in await store.put(functions)] == [1, 1, 2, 1, 2]
        found = await store.heads([FunctionName("a"), FunctionName("a", 1), FunctionName("a@2")])
        assert [head and head.id for head in found] == [functions[n].id for n in (2, 0, 3)]

    async def test_a_head_says_how_much_code_there_is(self, store: Store) -> None:
        function = replace(a_function(b"1234"), source="é")
        await store.put([function])
        (head,) = await store.heads([function.id])
        assert head == function.head
        assert head is not None
        assert (head.payload_bytes, head.source_bytes) == (4, 2)

    async def test_the_same_content_as_the_newest_version_is_no_new_one(self, store: Store) -> None:
        first, other, again = a_function(b"1"), a_function(b"2"), a_function(b"1")
        await store.put([first])
        same = await store.put([again], unless_same=True)
        assert same == [Filed(first.id, 1, new=False)]
        assert await store.put([other, again], unless_same=True) == [
            Filed(other.id, 2, new=True),
            Filed(again.id, 3, new=True),
        ]

    async def test_the_catalogue_shows_the_newest_of_each_name(self, store: Store) -> None:
        functions = [a_function(name=f"f{n % 120}") for n in range(240)]
        await store.put(functions)
        newest = [function.id for function in functions[:119:-1]]
        shown = await store.catalogue(None, 1_000)
        assert [head.id for head in shown] == newest
        assert await store.catalogue(None, 2) == shown[:2]
        assert await store.catalogue(shown[109].id, 5) == shown[110:115]
        assert await store.catalogue(shown[-1].id, 5) == []

    async def test_versions_go_on_where_a_page_ended(self, store: Store) -> None:
        await store.put([a_function() for _ in range(5)])
        pages = [await store.versions("f", before, 2) for before in (None, 4, 2, 1)]
        assert [[head.version for head in page] for page in pages] == [[5, 4], [3, 2], [1], []]
        assert await store.versions("nobody", None, 2) == []

    async def test_a_deleted_function_takes_no_new_tasks(self, store: Store) -> None:
        function = a_function(b"doomed", name="doomed")
        await store.put([function])
        before, after = a_task(function_id=function.id), a_task(function_id=function.id)
        assert await store.submit([before]) == [Submitted.NEW]
        assert await store.delete([NOBODY, function.id, function.id]) == [False, True, False]
        assert await store.submit([after, before]) == [Submitted.DELETED, Submitted.EXISTS]
        assert [leased.attempt.task_id for leased in await take(store)] == [before.id]
        assert await store.fetch([function.id]) == [replace(function, deleted=True)]

    async def test_a_deleted_function_is_known_by_id_and_version_only(self, store: Store) -> None:
        functions = numbered([a_function(b"%d" % n) for n in range(3)])
        await store.put(functions)
        await store.delete([functions[2].id])
        gone = replace(functions[2].head, deleted=True)
        newest = functions[1].head
        named = [FunctionName("f", 3), FunctionName("f")]
        assert await store.heads([functions[2].id, *named]) == [gone, gone, newest]
        assert await store.catalogue(None, 10) == [newest]
        assert await store.versions("f", None, 10) == [newest, functions[0].head]
        await store.delete([functions[0].id, functions[1].id])
        assert await store.catalogue(None, 10) == []
        assert await store.heads([FunctionName("f")]) == [None]

    async def test_the_number_of_a_deleted_version_is_not_given_again(self, store: Store) -> None:
        functions = [a_function(b"same") for _ in range(3)]
        await store.put(functions[:2])
        await store.delete([functions[0].id, functions[1].id])
        assert await store.put([functions[2]], unless_same=True) == [
            Filed(functions[2].id, 3, new=True)
        ]

    async def test_a_deleted_function_is_forgotten_in_the_end(
        self, open_backend: OpenBackend
    ) -> None:
        backend = open_backend(retention_ms=SHORT_MS)
        functions = [a_function(name="a"), a_function(name="a"), a_function(name="b")]
        await backend.store.put(functions)
        await backend.store.delete([functions[1].id, functions[2].id])
        await backend.advance(SHORT_MS * DELETED_RETENTIONS + 1)
        ids = [function.id for function in functions]
        assert await backend.store.fetch(ids) == [functions[0], None, None]
        assert await backend.store.heads([FunctionName("b", 1)]) == [None]
        assert await backend.store.put([a_function(name="b")]) != []
        (again,) = await backend.store.heads([FunctionName("b")])
        assert again is not None
        assert again.version == 1
