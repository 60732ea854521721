"""What the demo runs: functions that people would write, and what must come back.

They are made inside a function, so that dill sends them by value, as it does with the functions
of a user's own script.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import factorial as exact_factorial
from typing import Any

MEGABYTE = 1024 * 1024
NAP_S = 0.5
SHOWN_CHARS = 40
"""Characters of a value that the table shows."""


@dataclass(frozen=True, slots=True)
class Call:
    """One execution: ``expected`` is the value, or the exception (type and text), to come back."""

    function: str
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    expected: Any

    def shown(self) -> str:
        """Return the call as a person would write it, large arguments by their size."""
        positional = [_short(value) for value in self.arguments]
        named = [f"{name}={_short(value)}" for name, value in self.keywords.items()]
        return f"{self.function}({', '.join(positional + named)})"

    def matches(self, value: Any) -> bool:
        """Return whether ``value`` is what must come back."""
        if isinstance(self.expected, Exception):
            return type(value) is type(self.expected) and str(value) == str(self.expected)
        return bool(type(value) is type(self.expected) and value == self.expected)


def functions() -> dict[str, Callable[..., Any]]:
    """Return the functions by name."""
    rate = 1.19

    def double(number: int) -> int:
        return number * 2

    def factorial(number: int) -> int:
        return 1 if number == 0 else number * factorial(number - 1)

    def with_tax(price: float) -> float:
        return round(price * rate, 2)

    def greet(name: str, *, greeting: str = "Hello", marks: int = 1) -> str:
        return f"{greeting}, {name}{'!' * marks}"

    def nap(seconds: float) -> str:
        time.sleep(seconds)
        return f"slept {seconds} s"

    def divide(dividend: float, divisor: float) -> float:
        return dividend / divisor

    def count_bytes(data: bytes) -> tuple[int, int]:
        return len(data), sum(data) % 65_521

    made = (double, factorial, with_tax, greet, nap, divide, count_bytes)
    return {function.__name__: function for function in made}


def calls() -> Iterator[Call]:
    """Yield a burst of calls, long ones first, so that short ones must not wait for them."""
    for _ in range(4):
        yield Call("nap", (NAP_S,), {}, f"slept {NAP_S} s")
    blob = bytes(range(256)) * (MEGABYTE // 256)
    for _ in range(2):
        yield Call("count_bytes", (blob,), {}, (MEGABYTE, sum(blob) % 65_521))
    for number in range(20):
        yield Call("double", (number,), {}, number * 2)
    for number in range(5, 105, 10):
        yield Call("factorial", (number,), {}, exact_factorial(number))
    for price in (1.0, 9.99, 49.5, 100.0):
        yield Call("with_tax", (price,), {}, round(price * 1.19, 2))
    for name in ("Ada", "Grace", "Edsger", "Barbara"):
        keywords = {"greeting": "Good morning", "marks": 3}
        yield Call("greet", (name,), keywords, f"Good morning, {name}!!!")
    for dividend in (1, 2, 3, 4):
        yield Call("divide", (dividend, 0), {}, ZeroDivisionError("division by zero"))


def _short(value: Any) -> str:
    if isinstance(value, bytes):
        return f"<{len(value):,} bytes>"
    return shortened(repr(value))


def shortened(text: str) -> str:
    """Return a text that fits into a cell of the table."""
    return text if len(text) <= SHOWN_CHARS else f"{text[: SHOWN_CHARS - 3]}..."
