"""A client of the original REST contract, in the standard library and dill alone.

It is what somebody would write on an afternoon, and the README shows its like.
"""

import codecs
import json
import time
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import dill  # type: ignore[import-untyped]

ENDED = frozenset({"COMPLETED", "FAILED"})
POLL_S = 0.01


class ServiceError(Exception):
    """The service refused a request; the text is its own."""


def serialize(value: Any) -> str:
    """Return ``value`` as the original contract wants it: dill, then base64."""
    return codecs.encode(dill.dumps(value), "base64").decode()


def deserialize(text: str) -> Any:
    """Return what a result text holds."""
    return dill.loads(codecs.decode(text.encode(), "base64"))  # noqa: S301 - our own results


class Client:
    """One connection to the web service; one thread at a time."""

    def __init__(self, url: str) -> None:
        """Connect to ``url`` when first used."""
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=30)

    def register(self, name: str, function: Any) -> str:
        """Register a function; return its id."""
        body = {"name": name, "payload": serialize(function)}
        return str(self._ask("POST", "/register_function", body)["function_id"])

    def execute(self, function_id: str, arguments: tuple[Any, ...], keywords: Any) -> str:
        """Have a function executed; return the task's id."""
        body = {"function_id": function_id, "payload": serialize((arguments, keywords))}
        return str(self._ask("POST", "/execute_function", body)["task_id"])

    def result(self, task_id: str, timeout_s: float) -> tuple[str, Any]:
        """Wait for a task's end; return its status, and its value or exception."""
        deadline = time.monotonic() + timeout_s
        while True:
            answer = self._ask("GET", f"/result/{task_id}", None)
            if answer["status"] in ENDED:
                return str(answer["status"]), deserialize(answer["result"])
            if time.monotonic() > deadline:
                raise ServiceError(f"task {task_id} is {answer['status']} after {timeout_s} s")
            time.sleep(POLL_S)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: Any) -> dict[str, Any]:
        data = None if body is None else json.dumps(body)
        self._connection.request(method, path, data, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        answer: dict[str, Any] = json.loads(response.read())
        if response.status != 200:  # noqa: PLR2004 - the contract says exactly 200
            raise ServiceError(f"{method} {path}: {response.status} {answer.get('detail')}")
        return answer
