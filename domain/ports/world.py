"""The rest of the world: time, randomness, a look at pickles, and who counts what happens."""

from dataclasses import dataclass
from typing import Protocol

from ..function import Environment
from ..sources import SourceView
from .points import Point


class Clock(Protocol):
    """Time: a wall for ids and display, a steady one for every duration."""

    def unix_ms(self) -> int:
        """Return milliseconds since 1970; may jump."""
        ...

    def steady_ms(self) -> float:
        """Return milliseconds since some moment; never runs backwards."""
        ...


class Entropy(Protocol):
    """Randomness: for ids and lease tokens, unguessable in production; seeded in tests."""

    def bits(self, count: int) -> int:
        """Return an integer of ``count`` random bits."""
        ...

    def fraction(self) -> float:
        """Return a number in [0, 1), for jitter."""
        ...


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a pickle says of itself without being run."""

    size: int
    protocol: int
    opcodes: int
    environment: Environment | None = None


class PayloadInspector(Protocol):
    """Looks at a pickle without ever running it."""

    def inspect(self, payload: bytes) -> Inspection:
        """Return what can be seen; raise InvalidPayload or TooLarge for what is no whole pickle.

        A well-formed pickle says nothing about safety.
        """
        ...

    def check(self, payload: bytes) -> None:
        """Raise as ``inspect`` does; for whom it is enough that nothing is raised."""
        ...

    def look_into(self, bytecode: bytes) -> SourceView:
        """Return what functions of a whole pickle need, of this interpreter's version.

        That is: modules, and names that they will not find. Nothing where it cannot be told.
        """
        ...


class Telemetry(Protocol):
    """Where the core tells what happens: counters, and named points for crash tests."""

    def count(self, name: str, by: int = 1) -> None:
        """Add to a counter."""
        ...

    def point(self, point: Point) -> None:
        """Pass a named point of the code; does nothing outside tests."""
        ...
