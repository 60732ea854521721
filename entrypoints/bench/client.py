"""The requests of ``gofer bench``: register a function, submit a batch, follow its results."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

import msgspec

from .failures import BenchFailed

MSGPACK = {"Content-Type": "application/msgpack", "Accept": "application/msgpack"}
JSON = {"Content-Type": "application/json"}
WAIT_S = 10
"""How long the service may hold a request for results that are not there yet."""

PATIENCE_S = 30.0

NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Batch:
    """Tasks that were submitted together."""

    id: str
    count: int


class BenchClient:
    """One connection; one thread."""

    def __init__(self, url: str, patience_s: float = PATIENCE_S) -> None:
        """Connect when first used; raise BenchFailed for a URL that is none.

        After ``patience_s`` without one more result nobody seems to take the tasks.
        """
        self.url = url
        self._patience_s = patience_s
        self._wait_s = min(WAIT_S, patience_s)
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise BenchFailed(f"{url} is no address of a web service, such as {EXAMPLE}")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = kind(parts.netloc, timeout=patience_s + WAIT_S)

    def register(self, name: str, function: bytes) -> str:
        """Register a pickled function; return its id."""
        body = {"name": name, "payload": b64encode(function).decode()}
        answer = self._ask("POST", "/register_function", msgspec.json.encode(body), JSON)
        return str(self._read(msgspec.json.Decoder(), answer)["function_id"])

    def submit(self, function_id: str, payloads: Sequence[bytes]) -> Batch:
        """Submit pickled arguments in one request."""
        tasks = [{"payload": payload} for payload in payloads]
        body = msgspec.msgpack.encode({"function": function_id, "tasks": tasks})
        answer = self._packed("POST", "/v1/batches", body)
        refused = [task["error"] for task in answer["tasks"] if "error" in task]
        if refused:
            raise BenchFailed(f"{len(refused)} of {len(tasks)} tasks were refused: {refused[0]}")
        return Batch(str(answer["id"]), len(tasks))

    def results(self, batch: Batch) -> list[bytes]:
        """Wait for a batch's results; return them pickled, in the order of submission."""
        values: list[bytes] = [b""] * batch.count
        cursor, done, empty = "", False, 0
        while not done:
            path = f"/v1/batches/{batch.id}/results?cursor={cursor}&wait={self._wait_s:g}"
            answer = self._packed("GET", path, None)
            items = answer["items"]
            empty = 0 if items else empty + 1
            if empty * self._wait_s >= self._patience_s:
                raise BenchFailed(
                    f"the service at {self.url} has taken the tasks, and for {self._patience_s:g} s"
                    " no result came: are its dispatcher and a worker running?"
                )
            for item in items:
                if item.get("payload") is None:
                    raise BenchFailed(f"a task ended {item['status']}: {item.get('error')}")
                values[item["position"] - 1] = item["payload"]
            cursor, done = answer["next_cursor"], answer["done"]
        return values

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _packed(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        return self._read(msgspec.msgpack.Decoder(), self._ask(method, path, body, MSGPACK))

    def _read(self, decoder: Any, content: bytes) -> dict[str, Any]:
        try:
            answer = decoder.decode(content)
        except msgspec.DecodeError:
            answer = None
        if not isinstance(answer, dict):
            raise BenchFailed(f"what answers at {self.url} is no gofer")
        return answer

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        try:
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, HTTPException) as error:
            raise BenchFailed(
                f"nothing answers at {self.url} ({type(error).__name__}: {error}); start it with"
                " `gofer up`, name another with --url, or measure one of its own with --up"
            ) from None
        if response.status == NOT_FOUND:
            raise BenchFailed(
                f"what answers at {self.url} has no {path.partition('?')[0]}: it is no gofer,"
                " or one without batches"
            )
        if response.status >= 300:  # noqa: PLR2004 - what is no success
            raise BenchFailed(f"{method} {path}: {response.status} {content[:300]!r}")
        return content


EXAMPLE = "http://127.0.0.1:8000"
