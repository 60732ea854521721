"""The source of a function: complete, or none; and what its bytecode needs."""

import functools
import json
import math
from collections.abc import Callable
from os import path as paths
from typing import Any

import pytest

from gofer import Client
from gofer.entrypoints.sdk.packing import pack
from gofer.entrypoints.sdk.sources import free_names, modules_of, source_of

FACTOR = 3
TABLE = {"a": (1, 2.5, None)}
ODD = object()
client = Client("http://127.0.0.1:1")


def scaled(number: int) -> int:
    return number * FACTOR


def uses_all(number: int, where: str = paths.sep) -> Any:
    return json.dumps([math.sqrt(number), scaled(number), TABLE["a"], paths.join(where, "x")])  # noqa: PTH118


def recursive(number: int) -> int:
    return number and 1 + recursive(number - 1)


@client.function(timeout=3)
def decorated(number: int) -> int:
    return scaled(number) + (decorated(number - 1) if number else 0)


@functools.lru_cache
def cached(number: int) -> int:
    return number


def uses_odd() -> object:
    return ODD


def by_value(*functions: Any) -> None:
    """Have functions be a script's, which are sent by value."""
    for each in functions:
        getattr(each, "__gofer_function__", each).__module__ = "__main__"


@pytest.fixture(autouse=True)
def _of_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = getattr(decorated, "__gofer_function__")  # noqa: B009 - it is set at run time
    for each in (scaled, uses_all, recursive, plain, uses_odd):
        monkeypatch.setattr(each, "__module__", "__main__")


def defined(text: str, name: str) -> Callable[..., Any]:
    """Return what a source defines, in a module of its own."""
    names: dict[str, Any] = {}
    exec(text, names)  # noqa: S102 - as a worker does
    found: Callable[..., Any] = names[name]
    return found


@pytest.mark.parametrize("function", [scaled, uses_all, recursive])
def test_a_source_defines_the_same_function_by_itself(function: Callable[..., Any]) -> None:
    assert defined(source_of(function), function.__name__)(4) == function(4)


def test_a_decorated_function_s_source_leaves_the_decorator_away() -> None:
    parcel = pack(getattr(decorated, "__gofer_function__"))  # noqa: B009 - as above
    assert "@" not in parcel.source
    assert defined(parcel.source, parcel.entry)(2) == decorated(2) == 9


def test_what_is_in_doubt_has_no_source() -> None:
    number = 3

    def closure() -> int:
        return number

    assert [source_of(each) for each in (closure, lambda: 1, cached, uses_odd, abs)] == [""] * 5


def test_what_the_bytecode_needs_is_told() -> None:
    def imports() -> Any:
        import numpy.linalg  # type: ignore[import-not-found]  # noqa: PLC0415  # pyright: ignore[reportMissingImports]

        return numpy, pytest, len(TABLE)

    assert modules_of(imports) == ["numpy", "pytest", "tests"]
    assert "TABLE" in free_names(imports)
    assert "len" not in free_names(imports)
    environment = pack(scaled).environment
    assert (environment["implementation"], environment["modules"]) == ("cpython", [])
