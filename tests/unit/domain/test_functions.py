"""Functions: versions, references to them, what is refused, and what is remembered how long."""

import pytest

from gofer.adapters.memory.clock import ManualClock, SeededEntropy
from gofer.adapters.memory.store import MemoryStore
from gofer.adapters.payload import PickleInspector
from gofer.adapters.telemetry import CountingTelemetry
from gofer.domain.errors import (
    Deleted,
    InvalidIdentifier,
    InvalidInput,
    InvalidPayload,
    NotFound,
    TooLarge,
)
from gofer.domain.function import Defaults, Environment, FunctionHead, FunctionName
from gofer.domain.functions import REMEMBERED_MS, Functions, FunctionWish, parse_reference
from gofer.domain.identifiers import uuid7
from gofer.domain.service import Service
from gofer.domain.submissions import Limits, Submission

OURS = Environment("cpython", (3, 11))
SOURCE = "def f():\n    return 1\n"
NOBODY = uuid7(0, 0)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(clock: ManualClock) -> MemoryStore:
    return MemoryStore(clock)


@pytest.fixture
def service(store: MemoryStore, clock: ManualClock) -> Service:
    limits = Limits(function_bytes=1_000, name_chars=20)
    inspector, telemetry = PickleInspector(), CountingTelemetry()
    told = (inspector, clock, SeededEntropy(1), OURS, limits, telemetry)
    return Service(store, store, *told)


@pytest.fixture
def functions(service: Service) -> Functions:
    return service.functions


async def registered(functions: Functions, name: str = "f", source: str = SOURCE) -> FunctionHead:
    return (await functions.register(FunctionWish(name, source))).function


async def test_new_content_is_a_new_version_and_the_same_is_not(functions: Functions) -> None:
    first = await functions.register(FunctionWish("f", SOURCE))
    again = await functions.register(FunctionWish("f", SOURCE))
    other = await functions.register(FunctionWish("f", SOURCE, defaults=Defaults(retries=1)))
    assert (first.created, again.created, other.created) == (True, False, True)
    assert again.function == first.function
    assert (first.function.version, other.function.version) == (1, 2)
    assert first.function.has_source
    assert not first.function.has_bytecode


async def test_the_original_contract_registers_anew_each_time(functions: Functions) -> None:
    ids = [await functions.add("f / @", b"\x80\x04N.") for _ in range(2)]
    assert [(await functions.resolve(each)).version for each in ids] == [1, 2]


async def test_a_reference_is_an_id_a_name_or_a_version(functions: Functions) -> None:
    first = await registered(functions)
    second = await registered(functions, source=SOURCE + "\n")
    assert await functions.resolve(first.id.upper()) == first
    assert await functions.resolve("f") == second
    assert await functions.resolve("f@1") == first


@pytest.mark.parametrize("reference", ["", "@1", "f@", "f@0", "f@01", "f@x", "f@1@2", "a/b", "a\n"])
def test_what_cannot_name_a_function_is_no_reference(reference: str) -> None:
    with pytest.raises(InvalidIdentifier):
        parse_reference(reference)


def test_a_version_is_a_number_that_a_store_can_hold() -> None:
    assert parse_reference("größe x@2147483647") == FunctionName("größe x", 2**31 - 1)
    with pytest.raises(InvalidIdentifier):
        parse_reference("f@2147483648")


@pytest.mark.parametrize("reference", ["g", "f@2", NOBODY])
async def test_a_function_that_nobody_registered_is_not_found(
    functions: Functions, reference: str
) -> None:
    await registered(functions)
    with pytest.raises(NotFound, match=reference):
        await functions.resolve(reference)


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        (FunctionWish("", SOURCE), InvalidInput),
        (FunctionWish("a@b", SOURCE), InvalidInput),
        (FunctionWish("a/b", SOURCE), InvalidInput),
        (FunctionWish("a\nb", SOURCE), InvalidInput),
        (FunctionWish("n" * 21, SOURCE), InvalidInput),
        (FunctionWish(NOBODY, SOURCE), InvalidInput),
        (FunctionWish("f"), InvalidInput),
        (FunctionWish("f", SOURCE, entry="no name"), InvalidInput),
        (FunctionWish("f", SOURCE, defaults=Defaults(priority=3)), InvalidInput),
        (FunctionWish("f", SOURCE, defaults=Defaults(retries=-1)), InvalidInput),
        (FunctionWish("f", SOURCE, environment=Environment("c python", (3, 11))), InvalidInput),
        (FunctionWish("f", SOURCE, environment=Environment("cpython\n", (3, 11))), InvalidInput),
        (FunctionWish("f", "#" * 1_001), TooLarge),
        (FunctionWish("f", bytecode=b"rubbish"), InvalidPayload),
    ],
)
async def test_a_wish_that_cannot_be_right_is_not_stored(
    functions: Functions, store: MemoryStore, wish: FunctionWish, error: type[InvalidInput]
) -> None:
    with pytest.raises(error):
        await functions.register(wish)
    assert store.snapshot().functions == {}


async def test_bytecode_that_is_empty_was_never_a_function(functions: Functions) -> None:
    with pytest.raises(InvalidPayload):
        await functions.add("f", b"")


async def test_a_deleted_function_takes_no_new_tasks(
    service: Service, functions: Functions
) -> None:
    function = await registered(functions)
    await functions.delete("f@1")
    with pytest.raises(Deleted, match="f@1 was deleted"):
        await functions.delete("f@1")
    with pytest.raises(Deleted, match="was deleted"):
        await service.submit([Submission(function.id, b"\x80\x04N.")])
    with pytest.raises(NotFound, match="there is no function f"):
        await functions.resolve("f")


async def test_what_is_registered_or_deleted_here_is_known_here_at_once(
    functions: Functions,
) -> None:
    first = await registered(functions)
    found = await functions.known(["f", "f", "nobody"])
    assert found["f"] == first
    assert isinstance(found["nobody"], NotFound)
    second = await registered(functions, source=SOURCE + "\n")
    assert await functions.known(["f"]) == {"f": second}
    await functions.delete("f")
    assert await functions.known(["f"]) == {"f": first}


async def test_another_services_new_version_is_used_after_a_second(
    functions: Functions, store: MemoryStore, clock: ManualClock
) -> None:
    first = await registered(functions)
    await functions.known(["f"])
    other = Service(
        store,
        store,
        PickleInspector(),
        clock,
        SeededEntropy(2),
        OURS,
        Limits(),
        CountingTelemetry(),
    )
    second = await registered(other.functions, source=SOURCE + "\n")
    clock.advance(REMEMBERED_MS - 1)
    assert await functions.known(["f"]) == {"f": first}
    clock.advance(1)
    assert await functions.known(["f"]) == {"f": second}


async def test_pages_of_functions_and_versions_go_on_where_they_ended(
    functions: Functions, clock: ManualClock
) -> None:
    for name in "abc":
        clock.advance(1)
        await registered(functions, name)
        await registered(functions, name, SOURCE + "\n")
    first = await functions.find(limit=2)
    last = await functions.find(cursor=first.next_cursor, limit=2)
    assert [f"{each.name}@{each.version}" for each in first.functions] == ["c@2", "b@2"]
    assert [each.name for each in last.functions] == ["a"]
    assert last.next_cursor == ""
    newest = await functions.versions("b@1", limit=1)
    assert [each.version for each in newest.functions] == [2]
    older = await functions.versions("b", newest.next_cursor, limit=2)
    assert [each.version for each in older.functions] == [1]
    assert (await functions.find("b")).functions == newest.functions
    assert (await functions.find("nobody")).functions == ()


async def test_a_cursor_that_nobody_gave_is_refused(functions: Functions) -> None:
    await registered(functions)
    with pytest.raises(InvalidIdentifier):
        await functions.find(cursor="next")
    with pytest.raises(InvalidIdentifier):
        await functions.versions("f", cursor="²")
