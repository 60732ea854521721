"""The store as a whole: every port of it, as one object."""

from typing import Protocol

from .events import EventStore
from .functions import FunctionStore
from .history import TaskHistory
from .output import OutputStore
from .queues import QueueStore
from .store import BatchStore, TaskStore
from .workers import WorkerStore


class Store(TaskStore, BatchStore, FunctionStore, Protocol):
    """Tasks, batches and functions in one place, and what is known beside them.

    Adapters have them in one; who needs less asks for the narrower port.
    """

    @property
    def history(self) -> TaskHistory:
        """Return what has been."""
        ...

    @property
    def events(self) -> EventStore:
        """Return the feed of changes."""
        ...

    @property
    def queues(self) -> QueueStore:
        """Return the queues as a whole."""
        ...

    @property
    def workers(self) -> WorkerStore:
        """Return what is known of workers."""
        ...

    @property
    def output(self) -> OutputStore:
        """Return what running tasks show."""
        ...
