"""Waiting for a condition with a deadline: the only place in the tests that may sleep.

A fixed sleep is either too short on a busy machine or too long on an idle one. A condition with a
deadline is neither, and when it fails it says what was waited for.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, TypeVar, overload

INTERVAL_S = 0.01

T = TypeVar("T")


def wait_until(predicate: Callable[[], T], description: str, timeout: float = 10.0) -> T:
    """Return the first truthy answer of ``predicate``; fail after ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while not (answer := predicate()):
        if time.monotonic() >= deadline:
            raise AssertionError(_complaint(description, timeout, answer))
        time.sleep(INTERVAL_S)
    return answer


@overload
async def wait_until_async(
    predicate: Callable[[], Awaitable[T]], description: str, timeout: float = 10.0
) -> T: ...


@overload
async def wait_until_async(
    predicate: Callable[[], T], description: str, timeout: float = 10.0
) -> T: ...


async def wait_until_async(
    predicate: Callable[[], Any], description: str, timeout: float = 10.0
) -> Any:
    """Do as ``wait_until`` without blocking the loop; ``predicate`` may be a coroutine function."""
    deadline = time.monotonic() + timeout
    while True:
        answer = predicate()
        if isawaitable(answer):
            answer = await answer
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise AssertionError(_complaint(description, timeout, answer))
        await asyncio.sleep(INTERVAL_S)


def _complaint(description: str, timeout: float, answer: object) -> str:
    return f"waited {timeout:g} s in vain until {description}; the last answer was {answer!r}"
