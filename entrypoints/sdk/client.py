"""A client of the web service: register a function, run it many times, take what comes back.

    with Client("http://localhost:8000") as client:
        double = client.register(lambda x: 2 * x)
        batch = client.submit_batch(double, [client.arguments(x) for x in range(1000)])
        for result in batch.results(timeout=60):
            print(result.position, result.value())

Everything travels in batches, as msgpack: 1000 tasks are one request, and their results are a few.
"""

import codecs
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self, Unpack

import msgspec

from . import outcomes
from .address import JSON, MSGPACK, PATIENCE_S, Address, Answer, Query, with_query
from .batches import ACCEPT, WAIT_S, Batch, Options, Result
from .connection import Connection, Connections
from .errors import NotGofer
from .wire import BatchSubmitted, FunctionRegistered, Item, NewTask, SubmitBatch, TaskSubmitted

_BOTH = {"Content-Type": MSGPACK, "Accept": MSGPACK}
_SEND_JSON = {"Content-Type": JSON, "Accept": JSON}

_encode = msgspec.msgpack.Encoder().encode
_submitted = msgspec.msgpack.Decoder(BatchSubmitted).decode
_item = msgspec.msgpack.Decoder(Item).decode
_executed = msgspec.json.Decoder(TaskSubmitted).decode
_registered = msgspec.json.Decoder(FunctionRegistered).decode


class Client:
    """A web service's client; any number of threads may use it at once."""

    def __init__(
        self,
        url: str | None = None,
        *,
        token: str | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Take the URL of the service (or GOFER_URL, or this machine) and the token (GOFER_TOKEN).

        Requests are sent again for ``patience_s`` seconds while nobody answers. Raises ValueError
        for a URL or a token that is none; nothing is sent yet.
        """
        self._connections = Connections(Address.of(url, token), patience_s)

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
        """Close the connections; may be repeated."""
        self._connections.close()

    def request(self, method: str, path: str, body: Any = None, query: Query | None = None) -> Any:
        """Return what the service answers to a request, JSON both ways; None for no content.

        ``body`` is what JSON can say, and bytes (as base64) and times. Every POST has a key of its
        own, so that one whose answer was lost can be sent again here. Raises Refused (its
        ``problem`` is the whole of the service's answer), Unauthorized, Unreachable, NotGofer.
        """
        data = None if body is None else msgspec.json.encode(body)
        headers = dict(_SEND_JSON) if data is not None else {"Accept": JSON}
        if method == "POST":
            headers["Idempotency-Key"] = uuid.uuid4().hex
        wait_s = float((query or {}).get("wait") or 0)  # type: ignore[arg-type]
        answer = self._connections.ask(method, with_query(path, query), data, headers, wait_s)
        return _decoded(answer, self._connections.address.url)

    def stream(
        self,
        path: str,
        query: Query | None = None,
        *,
        accept: str = "text/plain",
        silence_s: float = 60.0,
        last_event_id: str = "",
    ) -> Iterator[bytes]:
        """Yield the body of an answer as it comes: logs that are followed, events (SSE).

        Raises Refused, Unauthorized, Unreachable: also where nothing came for ``silence_s``.
        """
        headers = {"Accept": accept}
        if last_event_id:
            headers["Last-Event-ID"] = last_event_id
        connection = Connection(self._connections.address)
        return connection.stream(with_query(path, query), headers, silence_s)

    def register(self, function: Callable[..., Any] | bytes, name: str = "") -> str:
        """Register a function, or the pickle of one, and return its id.

        An answer that was lost may leave a second registration behind, which harms nothing.
        """
        payload = function if isinstance(function, bytes) else outcomes.dump(function)
        named = name or getattr(function, "__name__", "function")
        text = codecs.encode(payload, "base64").decode("ascii")
        body = msgspec.json.encode({"name": named, "payload": text})
        headers = {"Content-Type": JSON}
        return _registered(
            self._connections.ask("POST", "/register_function", body, headers).body
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
        headers = {"Content-Type": JSON, "Idempotency-Key": uuid.uuid4().hex}
        answer = self._connections.ask("POST", "/execute_function", body, headers)
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
            answer = self._connections.ask("GET", path, None, ACCEPT, wait_s)
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
        answer = _submitted(self._connections.ask("POST", "/v1/batches", body, headers).body)
        refused = {
            position: task.error
            for position, task in enumerate(answer.tasks, 1)
            if task.error is not None
        }
        ids = tuple([task.id or None for task in answer.tasks])
        return Batch(answer.id, ids, refused, self._connections)


def _decoded(answer: Answer, url: str) -> Any:
    if not answer.body:
        return None
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotGofer(url, f"HTTP {answer.status}, {answer.content_type or 'no type'}") from None
