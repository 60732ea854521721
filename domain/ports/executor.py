"""How a worker runs payloads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ..identifiers import Attempt
from ..output import Piece
from ..protocol.messages import Assignment, FunctionBody
from ..task import Outcome


@dataclass(frozen=True, slots=True)
class Began:
    """The executor saw an attempt begin, ``ago_ms`` before it said so."""

    attempt: Attempt
    ago_ms: float = 0.0


class Ended(NamedTuple):
    """An attempt has its outcome; its slot is free again."""

    attempt: Attempt
    outcome: Outcome


ExecutorEvent = Began | Ended | Piece
"""A Piece: what an attempt that lasts has shown since the last one; the rest before its Ended."""


class Executor(Protocol):
    """Runs payloads, ``slots`` at a time, and never lets one harm another or its host.

    The supervisor of child processes is the real one. Methods but ``events`` and ``close`` never
    block, and must be called from one event loop.
    """

    @property
    def slots(self) -> int:
        """Return how many attempts run at once."""
        ...

    async def start(self) -> None:
        """Make every slot ready to run; raise GoferError where that cannot be."""
        ...

    def learn(self, functions: Sequence[FunctionBody]) -> None:
        """Keep functions, to be run by digest."""
        ...

    def knows(self, digest: str) -> bool:
        """Return whether the function of this digest can be run now."""
        ...

    def execute(self, assignments: Sequence[Assignment]) -> None:
        """Run these, in order, as slots come free. Each gives one Ended, unless taken or killed."""
        ...

    def take_back(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        """Withdraw those that have not begun and certainly never will; return them."""
        ...

    def kill(self, attempts: Sequence[Attempt]) -> None:
        """Stop these at once, begun or not. No event follows for them."""
        ...

    async def events(self) -> list[ExecutorEvent]:
        """Wait for events and return all that are there, in order, never none."""
        ...

    async def close(self) -> None:
        """Stop everything; no process is left when it returns. May be repeated."""
        ...
