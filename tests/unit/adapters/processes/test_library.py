"""The functions of a worker, within a bound."""

from gofer.adapters.processes.library import SHELF_MOST, Library, Shelf
from gofer.domain.protocol.messages import FunctionBody


def bodies(*digests: str, size: int = 40) -> list[FunctionBody]:
    return [FunctionBody(digest, bytes(size)) for digest in digests]


def test_functions_within_the_bound_are_kept() -> None:
    library = Library(100)
    library.learn(bodies("a", "b"), set)
    library.learn(bodies("a"), set)
    assert set(library) == {"a", "b"}


def test_over_the_bound_the_oldest_that_are_not_in_use_are_dropped() -> None:
    library = Library(100)
    library.learn(bodies("a", "b"), set)
    library.learn(bodies("c"), lambda: {"a"})
    assert set(library) == {"a", "c"}


def test_what_is_in_use_or_new_is_kept_even_over_the_bound() -> None:
    library = Library(100)
    library.learn(bodies("a"), set)
    library.learn(bodies("b", "c", "d"), lambda: {"a"})
    assert set(library) == {"a", "b", "c", "d"}
    library.learn(bodies("e"), set)
    assert set(library) == {"d", "e"}


def test_a_child_keeps_the_functions_that_it_used_last() -> None:
    shelf = Shelf()
    names = [f"f{n}" for n in range(SHELF_MOST)]
    assert not any(map(shelf.has, names))
    assert shelf.has("f0")
    assert not shelf.has("one more")
    assert shelf.clear(set()) == ["f1"]
    assert not shelf.has("f1")


def test_what_a_message_brings_is_kept_however_many_they_are() -> None:
    shelf = Shelf()
    names = {f"f{n}" for n in range(SHELF_MOST + 2)}
    for name in names:
        shelf.has(name)
    assert shelf.clear(names) == []
    assert len(shelf.clear(set())) == 2
