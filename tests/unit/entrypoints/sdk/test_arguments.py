"""A client's arguments: plain values by the quick pickler, others by the one that knows more."""

from typing import Any

import pytest

from gofer.entrypoints.sdk.client import Client
from tests.support.original_client import dumps, loads

PLAIN: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    ((1, -2.5, True, None), {}),
    ((b"\x00\xff", "größe"), {"name": "value", "none": None}),
]


class Tagged(str):
    """A subclass of a plain type: it has to arrive as itself."""

    __slots__ = ()


@pytest.mark.parametrize(("args", "kwargs"), PLAIN)
def test_plain_values_are_the_same_bytes_as_dill_writes(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    assert Client.arguments(*args, **kwargs) == dumps((args, kwargs))


def test_a_function_among_the_arguments_travels_by_value() -> None:
    def successor(number: int) -> int:
        return number + 1

    (function,), kwargs = loads(Client.arguments(successor, n=1))
    assert function(1) == 2
    assert kwargs == {"n": 1}


def test_a_subclass_of_a_plain_type_arrives_as_itself() -> None:
    (tagged,), _ = loads(Client.arguments(Tagged("a")))
    assert type(tagged).__name__ == "Tagged"
