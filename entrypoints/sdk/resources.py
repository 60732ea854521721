"""What there is at a service: functions, tasks, queues, workers; as dictionaries, as they are told.

One class serves both clients: what it returns is what the client's ``request`` does, an answer or
an awaitable of one; and lists are iterators or asynchronous ones.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote

from .address import Query

Listed = TypeVar("Listed")
Told_co = TypeVar("Told_co", covariant=True)
Listed_co = TypeVar("Listed_co", covariant=True)


class Asking(Protocol[Told_co]):
    """The ``request`` of a client."""

    def __call__(
        self, method: str, path: str, body: Any = None, query: Query | None = None
    ) -> Told_co:
        """Ask the service."""
        ...


class _Resource(Generic[Told_co, Listed_co]):
    def __init__(self, ask: Asking[Told_co], pages: Callable[[str, Query], Listed_co]) -> None:
        self._ask = ask
        self._pages = pages


class Functions(_Resource[Told_co, Listed_co]):
    """Registered functions; ``ref`` is an id, a name, or a version of a name: "resize@3"."""

    def list(self, name: str | None = None) -> Listed_co:
        """Return all functions, or those of a name."""
        return self._pages("/v1/functions", {"name": name})

    def get(self, ref: str) -> Told_co:
        """Return a function. Raises Refused where there is none."""
        return self._ask("GET", f"/v1/functions/{_part(ref)}")

    def versions(self, ref: str) -> Listed_co:
        """Return all versions of a function."""
        return self._pages(f"/v1/functions/{_part(ref)}/versions", {})

    def delete(self, ref: str) -> Told_co:
        """Have no new tasks taken for a function; those that there are end as they would."""
        return self._ask("DELETE", f"/v1/functions/{_part(ref)}")


class Tasks(_Resource[Told_co, Listed_co]):
    """Tasks, newest first."""

    def list(
        self,
        *,
        status: str | None = None,
        function: str | None = None,
        tag: str | None = None,
        worker: str | None = None,
    ) -> Listed_co:
        """Return the tasks that are as asked for."""
        query = {"status": status, "function": function, "tag": tag, "worker": worker}
        return self._pages("/v1/tasks", query)

    def get(self, task_id: str) -> Told_co:
        """Return a task as it stands. Raises Refused where there is none."""
        return self._ask("GET", f"/v1/tasks/{_part(task_id)}")


class Queues(_Resource[Told_co, Listed_co]):
    """The queues, one a priority: 0 is served first."""

    def list(self) -> Listed_co:
        """Return all queues: depth, what is delayed and runs, oldest age, rates."""
        return self._pages("/v1/queues", {})

    def pause(self, priority: int) -> Told_co:
        """Have no further tasks of a priority started."""
        return self._ask("POST", f"/v1/queues/{priority}/pause")

    def resume(self, priority: int) -> Told_co:
        """Have tasks of a priority started again."""
        return self._ask("POST", f"/v1/queues/{priority}/resume")

    def purge(self, priority: int) -> Told_co:
        """Cancel all tasks of a priority that wait."""
        return self._ask("POST", f"/v1/queues/{priority}/purge")


class Workers(_Resource[Told_co, Listed_co]):
    """The workers that are connected, or were a moment ago."""

    def list(self) -> Listed_co:
        """Return all workers: environment, slots, what they run."""
        return self._pages("/v1/workers", {})

    def get(self, worker_id: str) -> Told_co:
        """Return a worker. Raises Refused where there is none."""
        return self._ask("GET", f"/v1/workers/{_part(worker_id)}")

    def drain(self, worker_id: str) -> Told_co:
        """Have a worker finish what it runs and take nothing more."""
        return self._ask("POST", f"/v1/workers/{_part(worker_id)}/drain")

    def undrain(self, worker_id: str) -> Told_co:
        """Have a worker that was to be drained take tasks again."""
        return self._ask("POST", f"/v1/workers/{_part(worker_id)}/undrain")


class Resources(ABC, Generic[Listed]):
    """What both clients have of it: each family, asked for by the client's own ways."""

    @abstractmethod
    def request(self, method: str, path: str, body: Any = None, query: Query | None = None) -> Any:
        """Return what the service answers to a request, or an awaitable of it."""

    @abstractmethod
    def pages(self, path: str, query: Query) -> Listed:
        """Return an iterator, or an asynchronous one, over all items of a list."""

    @cached_property
    def functions(self) -> Functions[Any, Listed]:
        """What is registered."""
        return Functions(self.request, self.pages)

    @cached_property
    def tasks(self) -> Tasks[Any, Listed]:
        """The tasks that there are."""
        return Tasks(self.request, self.pages)

    @cached_property
    def queues(self) -> Queues[Any, Listed]:
        """The queues, to look at, pause and purge."""
        return Queues(self.request, self.pages)

    @cached_property
    def workers(self) -> Workers[Any, Listed]:
        """The workers, to look at and drain."""
        return Workers(self.request, self.pages)


def _part(name: str) -> str:
    return quote(name, safe="@")
