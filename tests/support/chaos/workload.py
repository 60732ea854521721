"""What producers ask for: one function, by value, that writes down every run of itself.

Kinds of task are mixed so that at any moment some are over before anybody notices them, some run,
and some wait behind those.
"""

from collections.abc import Callable, Mapping
from random import Random

from tests.support.chaos.history import Kind

SECONDS = {Kind.SHORT: 0.05, Kind.LONG: 0.5, Kind.LASTING: 7.0}
"""How long a task sleeps, if it does. The lasting ones outlive a lease: only they need a fence."""

WEIGHTS = {
    Kind.QUICK: 80,
    Kind.SHORT: 60,
    Kind.LONG: 30,
    Kind.RAISES: 20,
    Kind.LARGE: 10,
    Kind.LASTING: 1,
}
NOTHING_LASTING: dict[Kind, int] = {
    kind: weight for kind, weight in WEIGHTS.items() if kind is not Kind.LASTING
}
LARGE_BYTES = 300_000


def chore() -> Callable[..., str]:
    """Return ``run(path, name, seconds, raises, blob)``: notes its begin, signs of life, its end.

    Returns its name and the size of ``blob``, or raises ValueError with its name.
    """

    def run(path: str, name: str, seconds: float, raises: bool, blob: bytes) -> str:  # noqa: FBT001
        import os  # noqa: PLC0415 - a function brings its imports along
        import time  # noqa: PLC0415

        nonce = time.monotonic_ns()
        who = f"{name} {os.getpid()} {os.getppid()} {nonce}"

        def note(event: str) -> None:
            file = os.open(path, os.O_WRONLY | os.O_APPEND)
            os.write(file, f"{event} {who} {time.monotonic()}\n".encode())
            os.close(file)

        note("began")
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.05))
            note("lives")
        note("ended")
        if raises:
            raise ValueError(name)
        return f"{name} {len(blob)}"

    return run


def kind_of(random: Random, weights: Mapping[Kind, int]) -> Kind:
    """Return the kind of the next task."""
    (kind,) = random.choices(list(weights), weights=list(weights.values()))
    return kind


def arguments(path: str, name: str, kind: Kind) -> tuple[object, ...]:
    """Return what ``run`` is called with."""
    blob = b"x" * LARGE_BYTES if kind is Kind.LARGE else b""
    return (path, name, SECONDS.get(kind, 0.0), kind is Kind.RAISES, blob)


def expected(name: str, kind: Kind) -> str:
    """Return what a client must be shown in the end, in the words of ``shown``."""
    if kind is Kind.RAISES:
        return shown("FAILED", ValueError(name))
    return shown("COMPLETED", f"{name} {LARGE_BYTES if kind is Kind.LARGE else 0}")


def shown(status: str, value: object) -> str:
    """Return an outcome in words: equal outcomes have equal words."""
    return f"{status} {value!r}"
