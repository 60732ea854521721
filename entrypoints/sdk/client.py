"""A client of the web service: decorate a function, run it anywhere, take what comes back.

client = Client("http://localhost:8000")

@client.function(timeout=60, retries=3)
def double(x: int) -> int:
    return 2 * x

double(4)                                   # here
double.remote(4)                            # there: waits
task = double.spawn(4)                      # there: a handle
list(double.map(range(1000)))               # there, in a few requests
client.task(task.id).result(timeout=5)      # from another process, days later
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, Unpack, cast, overload

from . import calls, outcomes
from .address import PATIENCE_S, Address, Query, with_query
from .batches import Batch, Options, Result
from .connection import Connection, Connections
from .decorated import RemoteFunction
from .errors import Refused
from .handles import Task
from .options import TaskOptions
from .packing import Parcel, name_of, pack
from .resources import Resources
from .wire import Item, Payload

P = ParamSpec("P")
T = TypeVar("T")

_ABSENT = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})

Items = Iterator[dict[str, Any]]


class Client(Resources[Items]):
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
        self.connections = Connections(Address.of(url, token), patience_s)

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
        self.connections.close()

    # ------------------------------------------------------------ functions and tasks

    @overload
    def function(self, function: Callable[P, T], /) -> RemoteFunction[P, T]: ...

    @overload
    def function(
        self, *, name: str = "", **options: Unpack[TaskOptions]
    ) -> Callable[[Callable[P, T]], RemoteFunction[P, T]]: ...

    def function(
        self,
        *functions: Callable[..., Any],
        **options: Any,
    ) -> Any:
        """Decorate a function, with or without options: then it can also run on the workers.

        It is registered when it is first run there. Raises TypeError for an option that is none.
        """
        name: str = options.pop("name", "")

        def decorate(plain: Callable[P, T]) -> RemoteFunction[P, T]:
            said = cast("TaskOptions", options)
            return RemoteFunction(self, plain, name or name_of(plain), said)

        return decorate(*functions) if functions else decorate

    def task(self, task_id: str) -> Task[Any]:
        """Return a handle on a task, whoever has submitted it; nothing is asked yet."""
        return Task(self, task_id)

    # ------------------------------------------------------------ any request

    def request(self, method: str, path: str, body: Any = None, query: Query | None = None) -> Any:
        """Return what the service answers to a request, JSON both ways; None for no content.

        ``body`` is what JSON can say, and bytes (as base64) and times. Every POST has a key of its
        own, so that one whose answer was lost can be sent again here. Raises Refused (its
        ``problem`` is the whole of the service's answer), Unauthorized, Unreachable, NotGofer.
        """
        asked, data, headers = calls.json(method, with_query(path, query), body)
        wait_s = float(str((query or {}).get("wait") or 0))
        answer = self.connections.ask(method, asked, data, headers, wait_s)
        return calls.decoded(answer, self.connections.address.url)

    def pages(self, path: str, query: Query) -> Items:
        """Yield the items of a list, page after page, each asked for when it is needed."""
        cursor: str | None = None
        while True:
            page = self.request(
                "GET", path, query={**query, "cursor": cursor, "limit": calls.PAGE_MOST}
            )
            yield from page["items"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return

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
        connection = Connection(self.connections.address)
        return connection.stream(with_query(path, query), headers, silence_s)

    # ------------------------------------------------------------ in bulk

    def register(self, function: Callable[..., Any] | bytes, name: str = "") -> str:
        """Register a function, or the pickle of one, and return its id.

        The same function again is the same id. Raises Unpicklable, which names what of it cannot
        be sent, Refused, Unreachable.
        """
        plain = function if isinstance(function, bytes) else calls.local(function)
        return self.register_parcel(pack(plain, name))

    def register_parcel(self, parcel: Parcel) -> str:
        """Register what ``pack`` has made of a function; return its id."""
        try:
            answer = self.connections.ask("POST", *calls.registration(parcel))
        except Refused as refusal:
            if refusal.status not in _ABSENT or not parcel.bytecode:
                raise
            answer = self.connections.ask("POST", *calls.original_registration(parcel))
        return calls.registered_id(answer)

    @staticmethod
    def arguments(*args: Any, **kwargs: Any) -> bytes:
        """Return the payload of a call with these arguments."""
        return outcomes.dump_call(args, kwargs)

    def submit(self, function_id: str, payload: bytes, **options: Unpack[Options]) -> str:
        """Have a function run once, and return the task's id; then the task is not lost.

        For many tasks, ``submit_batch`` costs a hundredth of this each.
        """
        asked = calls.batch(function_id, [payload], options)
        return calls.only(self.connections.ask("POST", *asked))

    def call(
        self,
        function_id: str,
        payload: bytes,
        timeout: float | None = None,
        **options: Unpack[Options],
    ) -> Result:
        """Have a function run once, and return what came of it: one request, if it is quick.

        A connection that breaks meanwhile does no harm: the request is sent again and waits for
        the same task. Raises TimeoutError, Refused, Unreachable.
        """
        return self.call_payload(function_id, payload, options, timeout)

    def call_payload(
        self,
        function_id: str,
        payload: bytes,
        said: Mapping[str, Any],
        timeout: float | None = None,
    ) -> Result:
        """Do as ``call``, with options by the names of the API."""
        deadline = None if timeout is None else time.monotonic() + timeout
        wait_s = calls.WAIT_S if timeout is None else min(calls.WAIT_S, max(0.0, timeout))
        if len(payload) > calls.CALL_BYTES:
            asked = calls.batch(function_id, [payload], said)
            told: Item | str = calls.only(self.connections.ask("POST", *asked))
        else:
            asked = calls.call(function_id, payload, said, wait_s)
            told = calls.called(self.connections.ask("POST", *asked, wait_s))
        if isinstance(told, str):
            return self.result(told, calls.left(deadline, time.monotonic()))
        return Result(told)

    def result(self, task_id: str, timeout: float | None = None) -> Result:
        """Return what came of a task once it has ended.

        Raises TimeoutError if it has not within ``timeout`` seconds, Unreachable, Refused.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left_s = calls.WAIT_S if deadline is None else deadline - time.monotonic()
            wait_s = min(calls.WAIT_S, max(0.0, left_s))
            asked = calls.result(task_id, wait_s)
            item = calls.outcome(self.connections.ask("GET", *asked, wait_s))
            if item is not None:
                return Result(item)
            if deadline is not None and time.monotonic() >= deadline:
                why = calls.json("GET", f"/v1/tasks/{task_id}/explain", None)
                raise calls.not_ended(task_id, timeout, self.connections.ask("GET", *why))

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
        return self.submit_payloads(function_id, payloads, options, key)

    def submit_payloads(
        self,
        function_id: str,
        payloads: Sequence[Payload],
        said: Mapping[str, Any],
        key: str | None = None,
    ) -> Batch:
        """Do as ``submit_batch``, with options by the names of the API."""
        asked = calls.batch(function_id, payloads, said, key)
        told = calls.recorded(self.connections.ask("POST", *asked))
        return Batch(told.id, told.task_ids, told.refused, self.connections)
