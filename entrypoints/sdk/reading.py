"""How far a batch's results have been read: what to ask next, what is new, what is missing."""

from collections.abc import Sized

from .errors import RemoteError
from .wire import Item, Page

PAGE_TASKS = 2_000
"""Results asked for in one request."""

_START = "0"
"""The cursor of a first page. A page that leads back to it says: begin again, ends were lost."""


class Reading:
    """One walk through a batch's results, from page to page.

    The store may lose the last of what it wrote, in a crash or a failover. What it had told of that
    ends once more, and may be told again: nothing is given twice for that reason.
    """

    def __init__(self, batch_id: str, task_ids: Sized, refused: Sized) -> None:
        """Begin; the batch has as many tasks as there are ids, but for those refused."""
        self._at = f"/v1/batches/{batch_id}/results"
        self._cursor = _START
        self._again = False
        self._told: set[int] = set()
        self.count = len(task_ids) - len(refused)

    @property
    def missing(self) -> int:
        """Return of how many tasks nothing has been told."""
        return self.count - len(self._told)

    def late(self, timeout: float | None) -> TimeoutError:
        """Return the error that not all have ended in time."""
        return TimeoutError(f"{self.missing} of {self.count} tasks have not ended in {timeout} s")

    def path(self, wait_s: float) -> str:
        """Return what to ask for next."""
        return f"{self._at}?cursor={self._cursor}&limit={PAGE_TASKS}&wait={wait_s:.3f}"

    def is_new(self, item: Item) -> bool:
        """Take an item of a page; tell whether it is to be given."""
        if item.position not in self._told:
            self._told.add(item.position)
            return True
        return not self._again  # told twice because somebody had it tried again

    def ended(self, page: Page) -> bool:
        """Take how a page ends; tell whether it was the last one.

        Raises RemoteError if it was, and tasks are missing: then the store has lost them.
        """
        self._again = self._again or page.next_cursor == _START != self._cursor
        self._cursor = page.next_cursor
        if page.done and self.missing > 0:
            raise RemoteError(
                "Forgotten",
                f"the service does not know {self.missing} of {self.count} tasks any more: its "
                "store has lost them (a crash, a failover); submit them again",
                "lost",
                "",
            )
        return page.done
