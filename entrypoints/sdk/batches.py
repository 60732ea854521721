"""Tasks that were submitted together, and what came of each."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import msgspec

from . import outcomes
from .connection import Connections
from .errors import Refused
from .pages import ACCEPT, Incoming
from .reading import Reading
from .wire import BatchCancelled, Error, Item, Problem

WAIT_S = 30.0
"""How long one request for results waits before another is made."""

_cancelled = msgspec.msgpack.Decoder(BatchCancelled).decode


class Options(TypedDict, total=False):
    """What may be said of all tasks of a batch; times in seconds."""

    priority: int
    delay_s: float
    timeout_s: float
    retries: int
    redeliveries: int


class Result:
    """What came of a task: its ``status``, and ``payload`` (a pickle) or ``error``."""

    __slots__ = ("_item",)

    def __init__(self, item: Item) -> None:
        self._item = item

    def __repr__(self) -> str:
        """Show the task and where it stands."""
        return f"<Result {self.id} {self.status}>"

    @property
    def id(self) -> str:
        """Return the task's id."""
        return self._item.id

    @property
    def position(self) -> int:
        """Return the task's place in its batch, from 1 on; 0 if it is of none."""
        return self._item.position

    @property
    def status(self) -> str:
        """Return COMPLETED, FAILED, CANCELLED or EXPIRED; FORGOTTEN if it is kept no longer."""
        return self._item.status

    @property
    def payload(self) -> bytes | None:
        """Return the pickle of the value; None if there is none."""
        payload: bytes | memoryview | None = self._item.payload
        return None if payload is None else bytes(payload)

    @property
    def error(self) -> Error | None:
        """Return why the task failed; None if it did not."""
        return self._item.error

    def value(self) -> Any:
        """Return what the function returned, or raise what it raised, or RemoteError."""
        return outcomes.value_of(self._item)


@dataclass(frozen=True, slots=True)
class Batch:
    """Tasks that were submitted together.

    ``task_ids`` has None for those that were refused; ``refused`` says why, by position from 1 on.
    """

    id: str
    task_ids: tuple[str | None, ...]
    refused: Mapping[int, Problem]
    _connections: Connections

    def results(self, timeout: float | None = None) -> Iterator[Result]:
        """Give results as the tasks end, each once; to begin again, call again.

        Raises TimeoutError if not all have ended within ``timeout`` seconds, Unreachable, Refused;
        RemoteError, at the end, if the service has lost some of the tasks.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        reading = Reading(self.id, self.task_ids, self.refused)
        while True:
            left_s = WAIT_S if deadline is None else min(WAIT_S, deadline - time.monotonic())
            wait_s = max(0.0, left_s)
            page = Incoming(self._connections, reading.path(wait_s), wait_s)
            yield from map(Result, filter(reading.is_new, page))
            if reading.ended(page.end):
                return
            if not page.count and deadline is not None and time.monotonic() >= deadline:
                raise reading.late(timeout)

    def insist(self) -> None:
        """Raise Refused if any of the tasks was refused."""
        for problem in self.refused.values():
            raise Refused(problem.status, problem.kind, problem.detail)

    def cancel(self) -> BatchCancelled:
        """End all tasks that have not ended; return what became of how many."""
        path = f"/v1/batches/{self.id}/cancel"
        return _cancelled(self._connections.ask("POST", path, b"", ACCEPT).body)
