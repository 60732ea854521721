"""The feed of what happens to tasks, for whoever watches."""

from typing import NamedTuple, Protocol

from ..identifiers import TaskId
from ..task import TaskStatus


class Change(NamedTuple):
    """A task came into a state. ``cursor`` names the change: changes behind it come later."""

    cursor: str
    task_id: TaskId
    status: TaskStatus
    at_ms: int


class Feed(NamedTuple):
    """Changes in order, and the ``cursor`` to go on from. ``gap``: some before them are lost."""

    changes: tuple[Change, ...]
    cursor: str
    gap: bool = False


class EventStore(Protocol):
    """The feed. It is written only while somebody watches, and WATCHED_MS after, and is bounded.

    So it costs nothing where nobody does; it is a view, never the truth.
    """

    async def changes(self, after: str, limit: int, timeout_s: float) -> Feed:
        """Return up to ``limit`` changes behind the cursor ``after``; empty: from now on.

        Where there is none yet, and no gap to tell, waits for one, at most ``timeout_s``. Raises
        InvalidInput for a cursor that is none, StoreUnavailable.
        """
        ...


WATCHED_MS = 600_000
"""For how long changes are written after the last look, so that a watcher may come back."""

CHANGES_KEPT = 2_000
"""How many calls of the store (each up to 100 tasks) the feed remembers."""
