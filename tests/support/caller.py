"""An original client over HTTP, as somebody wrote it who has never seen our code.

It plays the clients that exist: the four original routes, dill and base64, polling. It knows the
contract from its page alone and shares nothing with gofer's own clients. Functions go by value
(``recurse``): workers cannot import the tests, as they can import no script of a user.
"""

import codecs
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from tests.support.original_client import deserialize, dumps

POLL_S = 0.01
STATUSES = frozenset({"QUEUED", "RUNNING", "COMPLETED", "FAILED"})
ENDED = frozenset({"COMPLETED", "FAILED"})
ID_CHARS = 36


@dataclass(frozen=True, slots=True)
class Ending:
    """How a task ended: its status, and its value or exception."""

    status: str
    value: Any


class Caller:
    """A client of one web service; one thread at a time."""

    def __init__(self, url: str, *, line_breaks: bool = True) -> None:
        """Send payloads as the encoder makes them, or without any line break."""
        self._http = httpx.Client(base_url=url, timeout=30)
        self._line_breaks = line_breaks

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Send one request, whatever comes back."""
        return self._http.request(method, path, json=body)

    def register(self, function: object, name: str = "function") -> str:
        """Register a function; return its id."""
        body = {"name": name, "payload": self._text(dumps(function, recurse=True))}
        return self._id(self.ask("POST", "/register_function", body), "function_id")

    def execute(self, function_id: str, *args: object, **kwargs: object) -> str:
        """Have a function executed; return the task's id."""
        body = {"function_id": function_id, "payload": self._text(dumps((args, kwargs)))}
        return self._id(self.ask("POST", "/execute_function", body), "task_id")

    def submit(self, function: object, *args: object, **kwargs: object) -> str:
        """Register a function and have it executed; return the task's id."""
        return self.execute(self.register(function), *args, **kwargs)

    def status(self, task_id: str) -> str:
        """Return a task's status, after checking the answer's shape."""
        body = self._body(self.ask("GET", f"/status/{task_id}"))
        assert body.keys() == {"task_id", "status"}, body
        assert body["task_id"] == task_id
        assert body["status"] in STATUSES, body
        return str(body["status"])

    def result(self, task_id: str) -> Ending | None:
        """Return how a task ended, None while it has not, after checking the answer's shape."""
        body = self._body(self.ask("GET", f"/result/{task_id}"))
        assert body.keys() == {"task_id", "status", "result"}, body
        assert body["task_id"] == task_id
        assert body["status"] in STATUSES, body
        if body["status"] not in ENDED:
            assert body["result"] == "", body
            return None
        return Ending(body["status"], deserialize(body["result"]))

    def ending(self, task_id: str, timeout: float = 20.0) -> Ending:
        """Wait until a task has ended; fail after ``timeout`` seconds."""
        return self.endings([task_id], timeout)[0]

    def endings(self, task_ids: Sequence[str], timeout: float = 20.0) -> list[Ending]:
        """Wait until all tasks have ended, and return how, in the same order."""
        deadline = time.monotonic() + timeout
        ended: dict[str, Ending] = {}
        while open_ids := [each for each in task_ids if each not in ended]:
            for task_id in open_ids:
                ending = self.result(task_id)
                if ending is not None:
                    ended[task_id] = ending
                elif time.monotonic() > deadline:
                    raise AssertionError(self._complaint(open_ids, timeout))
            if len(ended) < len(task_ids):
                time.sleep(POLL_S)
        return [ended[task_id] for task_id in task_ids]

    def wait_for(self, task_id: str, statuses: Collection[str], timeout: float = 20.0) -> str:
        """Wait until a task has one of these statuses; return it."""
        deadline = time.monotonic() + timeout
        while (status := self.status(task_id)) not in statuses:
            if time.monotonic() > deadline:
                raise AssertionError(f"task {task_id} is {status} after {timeout:g} s")
            time.sleep(POLL_S)
        return status

    def _complaint(self, open_ids: Sequence[str], timeout: float) -> str:
        statuses = [self.status(task_id) for task_id in open_ids]
        return f"after {timeout:g} s {len(open_ids)} tasks have not ended: {statuses[:20]}"

    def _text(self, pickled: bytes) -> str:
        text = codecs.encode(pickled, "base64").decode()
        return text if self._line_breaks else text.replace("\n", "")

    def _id(self, response: httpx.Response, name: str) -> str:
        body = self._body(response)
        assert body.keys() == {name}, body
        assert len(body[name]) == ID_CHARS
        return str(body[name])

    def _body(self, response: httpx.Response) -> Mapping[str, Any]:
        assert response.status_code == 200, f"{response.status_code}: {response.text}"
        body: Mapping[str, Any] = response.json()
        return body
