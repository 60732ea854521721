"""A function that cannot be pickled: which object stands in the way, and why."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from ..sdk import outcomes
from .problems import Problem


def unpicklable(function: Callable[..., Any], error: Exception) -> Problem:
    """Return what to say of a ``function`` that dill could not pickle."""
    name = getattr(function, "__qualname__", repr(function))
    for role, culprit, value in _parts(function):
        reason = _refusal(value)
        if reason:
            kind = type(value).__name__
            return Problem(
                f"{name} cannot be pickled: its {role} {culprit!r}, a {kind}, cannot"
                f" ({reason}); make it inside the function, or hand over what it is made from"
            )
    return Problem(f"{name} cannot be pickled: {type(error).__name__}: {error}")


def _parts(function: Callable[..., Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield what a function's pickle takes along: role, name, value."""
    inner = inspect.unwrap(getattr(function, "__func__", function))
    if not inspect.isfunction(inner):
        return
    variables = inspect.getclosurevars(inner)
    for name, value in variables.nonlocals.items():
        yield "closure's variable", name, value
    for name, value in variables.globals.items():
        yield "global variable", name, value
    for name, parameter in inspect.signature(inner).parameters.items():
        if parameter.default is not parameter.empty:
            yield "default of the argument", name, parameter.default


def _refusal(value: object) -> str:
    """Return why a value cannot be pickled; nothing if it can."""
    try:
        outcomes.dump(value)
    except Exception as error:  # noqa: BLE001 - what a __reduce__ raises is of any kind
        return f"{type(error).__name__}: {error}"
    return ""
