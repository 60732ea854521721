"""What can be seen of a store from outside, without writing anything: for diagnosis."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What a server is and how it stands.

    ``layout`` is the version of gofer's layout in it, empty if there is none; ``time_ms`` its
    clock, in ms since the epoch; ``memory_limit_bytes`` is 0 where it has none; ``risks`` are
    sentences about settings that could cost tasks.
    """

    server: str
    version: str
    layout: str
    time_ms: float
    memory_bytes: int
    memory_limit_bytes: int
    risks: tuple[str, ...]


class StoreSurvey(Protocol):
    """A look at a store that this process does not use."""

    async def facts(self) -> StoreFacts:
        """Return what is there.

        Raises StoreUnavailable with the reason, StoreIncompatible for what gofer cannot work with.
        """
        ...
