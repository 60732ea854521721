"""What cannot be sent is named, with the way to it, the reason, and what to do instead."""

import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from gofer import Unpicklable
from gofer.entrypoints.sdk import outcomes
from gofer.entrypoints.sdk.packing import pack


class Holder:
    """Holds something."""

    def __init__(self, held: object) -> None:
        self.held = held

    def method(self) -> None:
        """Do nothing."""


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    opened = sqlite3.connect(":memory:")
    yield opened
    opened.close()


def told(send: Callable[[], object]) -> str:
    with pytest.raises(Unpicklable) as caught:
        send()
    assert isinstance(caught.value, TypeError)
    return str(caught.value)


def test_a_variable_of_a_closure_is_named(connection: sqlite3.Connection) -> None:
    def query() -> object:
        return connection.execute("select 1")

    text = told(lambda: pack(by_value(query)))
    assert "the variable 'connection' that query closes over is a Connection" in text
    assert "Make it inside the function" in text


def test_a_global_name_is_named(connection: sqlite3.Connection) -> None:
    names: dict[str, Any] = {"db": [connection], "__name__": "__main__"}
    exec("def query():\n    return [db for _ in range(3)]", names)  # noqa: S102 - a script's function
    text = told(lambda: pack(names["query"]))
    assert "query cannot be sent: [0] of the global name 'db' that query uses is a" in text


def test_the_object_of_a_method_is_named_with_its_attribute() -> None:
    text = told(lambda: pack(Holder(iter_of()).method))
    assert ".held of the object of the method is a generator" in text
    assert "Send a list of what it yields" in text


def test_an_argument_of_a_partial_is_named(connection: sqlite3.Connection) -> None:
    assert "argument 1 of the partial is a Connection" in told(
        lambda: pack(partial(print, 1, connection))
    )


def test_an_argument_of_a_call_is_named_with_the_way_to_it(connection: sqlite3.Connection) -> None:
    text = told(lambda: outcomes.dump_call((1, {"a": [2, Holder(connection)]}), {}))
    assert text.startswith("the argument 1 cannot be sent: ['a'][1].held is a Connection")
    assert "cannot pickle 'sqlite3.Connection' object" in text


def test_an_argument_that_was_given_by_name_is_named_so() -> None:
    text = told(lambda: outcomes.dump_call((), {"rows": iter_of()}))
    assert text.startswith("the argument 'rows' cannot be sent: it is a generator")


def test_an_object_that_refers_to_itself_is_searched_once(connection: sqlite3.Connection) -> None:
    first, second = Holder(None), Holder(connection)
    first.held, second.other = second, first  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    assert ".held" in told(lambda: outcomes.dump_call((first,), {}))


def by_value(function: Any) -> Any:
    """Return a function as a script has it: not found by its name, so it is sent by value."""
    function.__module__ = "__main__"
    return function


def iter_of() -> Iterator[int]:
    """Return a generator."""
    yield from ()
