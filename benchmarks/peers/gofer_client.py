"""A client of the batch routes: what the SDK does, in the few lines that the suite needs."""

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import msgspec

MSGPACK = {"Content-Type": "application/msgpack", "Accept": "application/msgpack"}
PATIENCE_S = 120
WAIT_S = 20
"""How long the service may hold a request for results that are not there yet."""

POST_BYTES = 12 * 1024 * 1024
"""Payloads of one POST at most: below the service's limit of a body."""


class RequestFailed(Exception):
    """The service refused a request, or a task failed."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Tasks that were submitted together."""

    id: str
    count: int


class BatchClient:
    """One connection to the service; one thread."""

    def __init__(self, url: str, tasks_per_post: int = 1000) -> None:
        """Connect when first used."""
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_S)
        self._most = tasks_per_post

    def submit(self, function_id: str, payloads: Sequence[bytes]) -> list[Batch]:
        """Submit tasks, as many a request as fit; raise RequestFailed unless all are accepted."""
        batches: list[Batch] = []
        for chunk in self._chunks(payloads):
            tasks = [{"payload": payload} for payload in chunk]
            body = msgspec.msgpack.encode({"function": function_id, "tasks": tasks})
            answer = self._ask("POST", "/v1/batches", body)
            if any("error" in task for task in answer["tasks"]):
                raise RequestFailed(f"not every task was accepted: {answer['tasks'][:3]}")
            batches.append(Batch(answer["id"], len(chunk)))
        return batches

    def results(self, batch: Batch) -> list[Any]:
        """Wait for a batch's results; return the values in the order of submission."""
        values: list[Any] = [None] * batch.count
        cursor = ""
        done = False
        while not done:
            path = f"/v1/batches/{batch.id}/results?wait={WAIT_S}&limit=1000&cursor={cursor}"
            answer = self._ask("GET", path, None)
            for item in answer["items"]:
                if item.get("payload") is None:
                    raise RequestFailed(f"a task {item['status']}: {item.get('error')}")
                values[item["position"] - 1] = pickle.loads(item["payload"])
            cursor, done = answer["next_cursor"], answer["done"]
        return values

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _chunks(self, payloads: Sequence[bytes]) -> Iterator[list[bytes]]:
        chunk: list[bytes] = []
        size = 0
        for payload in payloads:
            if chunk and (len(chunk) == self._most or size + len(payload) > POST_BYTES):
                yield chunk
                chunk, size = [], 0
            chunk.append(payload)
            size += len(payload)
        yield chunk

    def _ask(self, method: str, path: str, body: bytes | None) -> Any:
        self._connection.request(method, path, body, MSGPACK)
        response = self._connection.getresponse()
        content = response.read()
        if response.status >= 300:
            raise RequestFailed(f"{method} {path}: {response.status} {content[:200]!r}")
        return msgspec.msgpack.decode(content)
