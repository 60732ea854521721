"""A client of the web service: register a function, run it many times, take what comes back.

    with Client("http://localhost:8000") as client:
        double = client.register(lambda x: 2 * x)
        batch = client.submit_batch(double, [client.arguments(x) for x in range(1000)])
        for result in batch.results(timeout=60):
            print(result.position, result.value())

Everything travels in batches, as msgpack: 1000 tasks are one request, and their results are a few.
"""

import codecs
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self, TypedDict, Unpack

import msgspec

from . import outcomes
from .connection import Connection
from .wire import (
    BatchCancelled,
    BatchSubmitted,
    Error,
    FunctionRegistered,
    Item,
    NewTask,
    Page,
    Problem,
    SubmitBatch,
    TaskSubmitted,
)

URL_VARIABLE = "GOFER_URL"
DEFAULT_URL = "http://127.0.0.1:8000"

MSGPACK = "application/msgpack"
_BOTH = {"Content-Type": MSGPACK, "Accept": MSGPACK}
_ACCEPT = {"Accept": MSGPACK}

PAGE_TASKS = 2_000
"""Results asked for in one request."""

WAIT_S = 30.0
"""How long one request for results waits before another is made."""

_encode = msgspec.msgpack.Encoder().encode
_submitted = msgspec.msgpack.Decoder(BatchSubmitted).decode
_page = msgspec.msgpack.Decoder(Page).decode
_cancelled = msgspec.msgpack.Decoder(BatchCancelled).decode
_item = msgspec.msgpack.Decoder(Item).decode
_executed = msgspec.json.Decoder(TaskSubmitted).decode
_registered = msgspec.json.Decoder(FunctionRegistered).decode


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
        return self._item.payload

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
    _connection: Connection

    def results(self, timeout: float | None = None) -> Iterator[Result]:
        """Give results as the tasks end, each once; to begin again, call again.

        Raises TimeoutError if not all have ended within ``timeout`` seconds, Unreachable, Refused.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        cursor, seen = "0", 0
        while True:
            left_s = WAIT_S if deadline is None else min(WAIT_S, deadline - time.monotonic())
            wait_s = max(0.0, left_s)
            query = f"cursor={cursor}&limit={PAGE_TASKS}&wait={wait_s:.3f}"
            path = f"/v1/batches/{self.id}/results?{query}"
            page = _page(self._connection.ask("GET", path, None, _ACCEPT, wait_s).body)
            yield from map(Result, page.items)
            if page.done:
                return
            cursor, seen = page.next_cursor, seen + len(page.items)
            if not page.items and deadline is not None and time.monotonic() >= deadline:
                there = len(self.task_ids) - len(self.refused)
                raise TimeoutError(f"{there - seen} of {there} tasks have not ended in {timeout} s")

    def cancel(self) -> BatchCancelled:
        """End all tasks that have not ended; return what became of how many."""
        path = f"/v1/batches/{self.id}/cancel"
        return _cancelled(self._connection.ask("POST", path, b"", _ACCEPT).body)


class Client:
    """One connection to a web service; for one thread."""

    def __init__(self, url: str | None = None) -> None:
        """Take the URL of the service: of GOFER_URL if none is given, else of this machine."""
        self._connection = Connection(url or os.environ.get(URL_VARIABLE) or DEFAULT_URL)

    def __enter__(self) -> Self:
        """Return the client; it is closed after the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection; may be repeated."""
        self._connection.close()

    def register(self, function: Callable[..., Any] | bytes, name: str = "") -> str:
        """Register a function, or the pickle of one, and return its id.

        An answer that was lost may leave a second registration behind, which harms nothing.
        """
        payload = function if isinstance(function, bytes) else outcomes.dump(function)
        named = name or getattr(function, "__name__", "function")
        text = codecs.encode(payload, "base64").decode("ascii")
        body = msgspec.json.encode({"name": named, "payload": text})
        headers = {"Content-Type": "application/json"}
        return _registered(
            self._connection.ask("POST", "/register_function", body, headers).body
        ).function_id

    @staticmethod
    def arguments(*args: Any, **kwargs: Any) -> bytes:
        """Return the payload of a call with these arguments."""
        return outcomes.dump_call(args, kwargs)

    def submit(self, function_id: str, payload: bytes) -> str:
        """Have a function run once, and return the task's id; then the task is not lost.

        For many tasks, ``submit_batch`` costs a hundredth of this each.
        """
        text = codecs.encode(payload, "base64").decode("ascii")
        body = msgspec.json.encode({"function_id": function_id, "payload": text})
        headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
        answer = self._connection.ask("POST", "/execute_function", body, headers)
        return _executed(answer.body).task_id

    def result(self, task_id: str, timeout: float | None = None) -> Result:
        """Return what came of a task once it has ended.

        Raises TimeoutError if it has not within ``timeout`` seconds, Unreachable, Refused.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left_s = WAIT_S if deadline is None else min(WAIT_S, deadline - time.monotonic())
            wait_s = max(0.0, left_s)
            path = f"/v1/tasks/{task_id}/result?wait={wait_s:.3f}"
            answer = self._connection.ask("GET", path, None, _ACCEPT, wait_s)
            if answer.status == HTTPStatus.OK:
                return Result(_item(answer.body))
            if deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError(f"task {task_id} has not ended in {timeout} s")

    def submit_batch(
        self,
        function_id: str,
        payloads: Sequence[bytes],
        key: str | None = None,
        **options: Unpack[Options],
    ) -> Batch:
        """Have a function run on each of up to 10 000 payloads (see ``arguments``).

        Once this returns the tasks are not lost. Sent again under the same ``key`` the same
        request is the same batch; without one, each call has its own, so that a request whose
        answer was lost can be sent again here. Raises Refused if not one task is accepted.
        """
        tasks = list(map(NewTask, payloads))
        body = _encode(SubmitBatch(function_id, tasks, **options))
        headers = {**_BOTH, "Idempotency-Key": key or uuid.uuid4().hex}
        answer = _submitted(self._connection.ask("POST", "/v1/batches", body, headers).body)
        refused = {
            position: task.error
            for position, task in enumerate(answer.tasks, 1)
            if task.error is not None
        }
        ids = tuple([task.id or None for task in answer.tasks])
        return Batch(answer.id, ids, refused, self._connection)
