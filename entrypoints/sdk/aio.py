"""The client for asyncio: the same names as ``Client``, awaited; no thread for any request.

    async with AsyncClient() as client:
        @client.function(timeout=60)
        def double(x: int) -> int:
            return 2 * x

        print(await double.remote(4))
        async for each in double.map(range(1000)):
            print(each)

Whoever waits may be cancelled at any time: what was submitted stays submitted, and nothing else of
the client is disturbed.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, Unpack, cast, overload

from . import calls, outcomes
from .address import PATIENCE_S, Address, Query, with_query
from .aio_connection import AsyncConnections
from .aio_handles import AsyncBatch, AsyncFunction, AsyncTask
from .batches import Options, Result
from .errors import Refused
from .options import TaskOptions
from .packing import Parcel, name_of, pack
from .resources import Resources
from .wire import Item, Payload

P = ParamSpec("P")
T = TypeVar("T")

_ABSENT = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})

Items = AsyncIterator[dict[str, Any]]


class AsyncClient(Resources[Items]):
    """A web service's client for one event loop; any number of its tasks may use it at once."""

    def __init__(
        self,
        url: str | None = None,
        *,
        token: str | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Take what ``Client`` takes."""
        self.connections = AsyncConnections(Address.of(url, token), patience_s)

    async def __aenter__(self) -> Self:
        """Return the client; it is closed after the block."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections; may be repeated."""
        self.connections.close()
        await asyncio.sleep(0)  # the loop's turn to let go of the sockets

    # ------------------------------------------------------------ functions and tasks

    @overload
    def function(self, function: Callable[P, T], /) -> AsyncFunction[P, T]: ...

    @overload
    def function(
        self, *, name: str = "", **options: Unpack[TaskOptions]
    ) -> Callable[[Callable[P, T]], AsyncFunction[P, T]]: ...

    def function(self, *functions: Callable[..., Any], **options: Any) -> Any:
        """Decorate a function as ``Client.function`` does; called, it runs here and is not awaited.

        Raises TypeError for an option that there is not.
        """
        name: str = options.pop("name", "")

        def decorate(plain: Callable[P, T]) -> AsyncFunction[P, T]:
            said = cast("TaskOptions", options)
            return AsyncFunction(self, plain, name or name_of(plain), said)

        return decorate(*functions) if functions else decorate

    def task(self, task_id: str) -> AsyncTask[Any]:
        """Return a handle on a task, whoever has submitted it; nothing is asked yet."""
        return AsyncTask(self, task_id)

    # ------------------------------------------------------------ any request

    async def request(
        self, method: str, path: str, body: Any = None, query: Query | None = None
    ) -> Any:
        """Do as ``Client.request``."""
        asked, data, headers = calls.json(method, with_query(path, query), body)
        wait_s = float(str((query or {}).get("wait") or 0))
        answer = await self.connections.ask(method, asked, data, headers, wait_s)
        return calls.decoded(answer, self.connections.address.url)

    async def pages(self, path: str, query: Query) -> AsyncGenerator[dict[str, Any]]:
        """Yield the items of a list, page after page, each asked for when it is needed."""
        cursor: str | None = None
        while True:
            page = await self.request(
                "GET", path, query={**query, "cursor": cursor, "limit": calls.PAGE_MOST}
            )
            for item in page["items"]:
                yield item
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
    ) -> AsyncIterator[bytes]:
        """Yield the body of an answer as it comes; do as ``Client.stream``."""
        headers = {"Accept": accept}
        if last_event_id:
            headers["Last-Event-ID"] = last_event_id
        return self.connections.stream(with_query(path, query), headers, silence_s)

    # ------------------------------------------------------------ in bulk

    async def register(self, function: Callable[..., Any] | bytes, name: str = "") -> str:
        """Do as ``Client.register``."""
        plain = function if isinstance(function, bytes) else calls.local(function)
        return await self.register_parcel(pack(plain, name))

    async def register_parcel(self, parcel: Parcel) -> str:
        """Register what ``pack`` has made of a function; return its id."""
        try:
            answer = await self.connections.ask("POST", *calls.registration(parcel))
        except Refused as refusal:
            if refusal.status not in _ABSENT or not parcel.bytecode:
                raise
            answer = await self.connections.ask("POST", *calls.original_registration(parcel))
        return calls.registered_id(answer)

    @staticmethod
    def arguments(*args: Any, **kwargs: Any) -> bytes:
        """Return the payload of a call with these arguments."""
        return outcomes.dump_call(args, kwargs)

    async def submit(self, function_id: str, payload: bytes, **options: Unpack[Options]) -> str:
        """Do as ``Client.submit``."""
        asked = calls.batch(function_id, [payload], options)
        return calls.only(await self.connections.ask("POST", *asked))

    async def call(
        self,
        function_id: str,
        payload: bytes,
        timeout: float | None = None,
        **options: Unpack[Options],
    ) -> Result:
        """Do as ``Client.call``."""
        return await self.call_payload(function_id, payload, options, timeout)

    async def call_payload(
        self,
        function_id: str,
        payload: bytes,
        said: Mapping[str, Any],
        timeout: float | None = None,
    ) -> Result:
        """Do as ``call``, with options by the names of the API."""
        deadline = None if timeout is None else asyncio.get_running_loop().time() + timeout
        wait_s = calls.WAIT_S if timeout is None else min(calls.WAIT_S, max(0.0, timeout))
        if len(payload) > calls.CALL_BYTES:
            asked = calls.batch(function_id, [payload], said)
            told: Item | str = calls.only(await self.connections.ask("POST", *asked))
        else:
            asked = calls.call(function_id, payload, said, wait_s)
            told = calls.called(await self.connections.ask("POST", *asked, wait_s))
        if isinstance(told, str):
            return await self.result(told, calls.left(deadline, asyncio.get_running_loop().time()))
        return Result(told)

    async def result(self, task_id: str, timeout: float | None = None) -> Result:
        """Do as ``Client.result``."""
        now = asyncio.get_running_loop().time
        deadline = None if timeout is None else now() + timeout
        while True:
            left_s = calls.WAIT_S if deadline is None else deadline - now()
            wait_s = min(calls.WAIT_S, max(0.0, left_s))
            asked = calls.result(task_id, wait_s)
            item = calls.outcome(await self.connections.ask("GET", *asked, wait_s))
            if item is not None:
                return Result(item)
            if deadline is not None and now() >= deadline:
                why = calls.json("GET", f"/v1/tasks/{task_id}/explain", None)
                raise calls.not_ended(task_id, timeout, await self.connections.ask("GET", *why))

    async def submit_batch(
        self,
        function_id: str,
        payloads: Sequence[bytes],
        key: str | None = None,
        **options: Unpack[Options],
    ) -> AsyncBatch:
        """Do as ``Client.submit_batch``."""
        return await self.submit_payloads(function_id, payloads, options, key)

    async def submit_payloads(
        self,
        function_id: str,
        payloads: Sequence[Payload],
        said: Mapping[str, Any],
        key: str | None = None,
    ) -> AsyncBatch:
        """Do as ``submit_batch``, with options by the names of the API."""
        asked = calls.batch(function_id, payloads, said, key)
        told = calls.recorded(await self.connections.ask("POST", *asked))
        return AsyncBatch(told.id, told.task_ids, told.refused, self.connections)
