"""What the tasks do, for systems whose workers import it; no dependency."""

import time
from collections.abc import Callable
from typing import Any


def noop(argument: Any) -> Any:
    """Do nothing."""
    del argument


def nap(seconds: float) -> float:
    """Take so long, without using the CPU: what is left is the system's own time."""
    time.sleep(seconds)
    return seconds


def echo(body: bytes) -> bytes:
    """Give back what came."""
    return body


TASKS: dict[str, Callable[[Any], Any]] = {"noop": noop, "nap": nap, "echo": echo}
