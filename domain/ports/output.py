"""What running attempts show, kept for those who look: a view, never a truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..identifiers import TaskId
from ..output import Piece, Progress


@dataclass(frozen=True, slots=True)
class Shown:
    """What the latest attempt that showed anything has shown.

    ``number`` is that attempt's, ``data`` the tail of its output from the offset ``start`` on;
    ``revision`` changes whenever anything else does.
    """

    number: int
    start: int
    data: bytes
    progress: Progress | None
    revision: int

    @property
    def end(self) -> int:
        """Return the offset behind the last byte."""
        return self.start + len(self.data)


class OutputStore(Protocol):
    """The latest pieces, by task. Each is kept for the retention time, at most TAIL_BYTES of it.

    May raise StoreUnavailable.
    """

    async def show(self, pieces: Sequence[Piece]) -> None:
        """Add pieces (``output.merged``), and wake who waits; may be repeated.

        Those of an earlier attempt than the latest are dropped, a later one begins anew.
        """
        ...

    async def shown(self, task_id: TaskId) -> Shown | None:
        """Return what a task has shown; None if nothing."""
        ...

    async def wait_shown(self, task_id: TaskId, revision: int, timeout_s: float) -> None:
        """Return once the revision is another, or the task has ended, or time is up.

        0 is the revision of a task that has shown nothing. May return too early.
        """
        ...
