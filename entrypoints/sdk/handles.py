"""A handle on one task: from the process that submitted it, or from any other, days later."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote

if TYPE_CHECKING:
    from .client import Client

T = TypeVar("T")

ENDED = frozenset({"COMPLETED", "FAILED", "CANCELLED", "EXPIRED"})
IN_TIME = frozenset({"prevented", "stopping"})


class Task(Generic[T]):
    """One task; every method asks the service. All raise Refused where there is no such task."""

    def __init__(self, client: "Client", task_id: str) -> None:
        """Name a task; nothing is asked yet."""
        self._client = client
        self.id = task_id

    def __repr__(self) -> str:
        """Show the task."""
        return f"<Task {self.id}>"

    def result(self, timeout: float | None = None) -> T:
        """Wait for its end; return what it returned, or raise what it raised, or RemoteError.

        Raises TimeoutError if it has not ended within ``timeout`` seconds.
        """
        value: T = self._client.result(self.id, timeout).value()
        return value

    def info(self) -> dict[str, Any]:
        """Return the task as it stands, as GET /v1/tasks/{id} tells it."""
        told: dict[str, Any] = self._client.request("GET", self._at())
        return told

    def status(self) -> str:
        """Return QUEUED, RUNNING, COMPLETED, FAILED, CANCELLED or EXPIRED."""
        return str(self.info()["status"])

    def done(self) -> bool:
        """Tell whether it has ended."""
        return self.status() in ENDED

    def cancel(self) -> bool:
        """Cancel it, also if it runs: then it is killed. False if it had ended before."""
        return self._client.request("POST", self._at("cancel"))["outcome"] in IN_TIME

    def retry(self) -> None:
        """Have it run once more, under the same id; raise Refused if it has not ended, or well."""
        self._client.request("POST", self._at("retry"))

    def explain(self) -> dict[str, Any]:
        """Return why it is where it is: a ``summary`` in one sentence, and ``reasons``."""
        told: dict[str, Any] = self._client.request("GET", self._at("explain"))
        return told

    def attempts(self) -> list[dict[str, Any]]:
        """Return its attempts: worker, times, how each ended, and the evidence."""
        told: list[dict[str, Any]] = self._client.request("GET", self._at("attempts"))["items"]
        return told

    def logs(self, attempt: int | None = None) -> str:
        """Return what it has printed so far; the end of it where that is long."""
        query = {"attempt": attempt}
        return str(self._client.request("GET", self._at("logs"), query=query)["text"])

    def follow(self) -> Iterator[str]:
        """Yield what it prints, line by line, as it does, until it ends."""
        rest = b""
        for chunk in self._client.stream(self._at("logs"), {"follow": True}):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                yield line.decode("utf-8", "replace")
        if rest:
            yield rest.decode("utf-8", "replace")

    def _at(self, about: str = "") -> str:
        return f"/v1/tasks/{quote(self.id, safe='')}/{about}".rstrip("/")
