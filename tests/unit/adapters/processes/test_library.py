"""The functions of a worker, within a bound."""

from gofer.adapters.processes.library import Library
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
