"""The versions of the memory store's functions, by name, and which were deleted when."""

from collections import deque
from dataclasses import dataclass, field

from ...domain.identifiers import FunctionId


@dataclass(slots=True)
class Shelf:
    """The versions of a function's name: those that can be used, and those that were deleted.

    ``gone_until`` is when the last of the deleted ones is forgotten.
    """

    live: dict[int, FunctionId] = field(default_factory=dict[int, FunctionId])
    gone: dict[int, FunctionId] = field(default_factory=dict[int, FunctionId])
    gone_until: float = 0.0

    @property
    def newest(self) -> FunctionId:
        """Return the id of the newest version that can be used; empty if there is none."""
        return self.live[max(self.live)] if self.live else FunctionId("")

    @property
    def next_version(self) -> int:
        """Return the number that the next version gets."""
        return max((0, *self.live, *self.gone)) + 1


@dataclass(slots=True)
class Shelves:
    """All names; ``deleted`` has until when deleted functions are kept, the first to go first."""

    names: dict[str, Shelf] = field(default_factory=dict[str, Shelf])
    deleted: deque[tuple[float, FunctionId]] = field(
        default_factory=deque[tuple[float, FunctionId]]
    )

    def of(self, name: str) -> Shelf:
        """Return what is known of a name, for looking."""
        return self.names.get(name, Shelf())
