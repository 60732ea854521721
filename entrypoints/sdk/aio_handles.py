"""Decorated functions, tasks and batches of the ``AsyncClient``: those of ``Client``, awaited."""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar
from urllib.parse import quote

import msgspec

from . import calls, outcomes
from .aio_connection import AsyncConnections
from .batches import Result
from .decorated import Decorated, forget
from .errors import ClientError, Refused
from .handles import ENDED, IN_TIME
from .packing import Parcel
from .pages import ACCEPT
from .reading import Reading
from .wire import BatchCancelled, Payload, Problem, page_of

if TYPE_CHECKING:
    from .aio import AsyncClient

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

_cancelled = msgspec.msgpack.Decoder(BatchCancelled).decode


class AsyncTask(Generic[T]):
    """One task; does as ``Task``, awaited."""

    def __init__(self, client: "AsyncClient", task_id: str) -> None:
        """Name a task; nothing is asked yet."""
        self._client = client
        self.id = task_id

    def __repr__(self) -> str:
        """Show the task."""
        return f"<AsyncTask {self.id}>"

    async def result(self, timeout: float | None = None) -> T:
        """Wait for its end; return what it returned, or raise what it raised, or RemoteError."""
        value: T = (await self._client.result(self.id, timeout)).value()
        return value

    async def info(self) -> dict[str, Any]:
        """Return the task as it stands, as GET /v1/tasks/{id} tells it."""
        told: dict[str, Any] = await self._client.request("GET", self._at())
        return told

    async def status(self) -> str:
        """Return QUEUED, RUNNING, COMPLETED, FAILED, CANCELLED or EXPIRED."""
        return str((await self.info())["status"])

    async def done(self) -> bool:
        """Tell whether it has ended."""
        return await self.status() in ENDED

    async def cancel(self) -> bool:
        """Cancel it, also if it runs: then it is killed. False if it had ended before."""
        return (await self._client.request("POST", self._at("cancel")))["outcome"] in IN_TIME

    async def retry(self) -> None:
        """Have it run once more, under the same id; raise Refused if it has not ended, or well."""
        await self._client.request("POST", self._at("retry"))

    async def explain(self) -> dict[str, Any]:
        """Return why it is where it is: a ``summary`` in one sentence, and ``reasons``."""
        told: dict[str, Any] = await self._client.request("GET", self._at("explain"))
        return told

    async def attempts(self) -> list[dict[str, Any]]:
        """Return its attempts: worker, times, how each ended, and the evidence."""
        told: list[dict[str, Any]] = (await self._client.request("GET", self._at("attempts")))[
            "items"
        ]
        return told

    async def logs(self, attempt: int | None = None) -> str:
        """Return what it has printed so far; the end of it where that is long."""
        query = {"attempt": attempt}
        return str((await self._client.request("GET", self._at("logs"), query=query))["text"])

    async def follow(self) -> AsyncGenerator[str]:
        """Yield what it prints, line by line, as it does, until it ends."""
        rest = b""
        async for chunk in self._client.stream(self._at("logs"), {"follow": True}):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                yield line.decode("utf-8", "replace")
        if rest:
            yield rest.decode("utf-8", "replace")

    def _at(self, about: str = "") -> str:
        return f"/v1/tasks/{quote(self.id, safe='')}/{about}".rstrip("/")


@dataclass(frozen=True, slots=True)
class AsyncBatch:
    """Tasks that were submitted together; does as ``Batch``, awaited."""

    id: str
    task_ids: tuple[str | None, ...]
    refused: Mapping[int, Problem]
    _connections: AsyncConnections

    async def results(self, timeout: float | None = None) -> AsyncGenerator[Result]:
        """Give results as the tasks end, each once; raises TimeoutError, Unreachable, Refused."""
        now = asyncio.get_running_loop().time
        deadline = None if timeout is None else now() + timeout
        reading = Reading(self.id, self.task_ids, self.refused)
        while True:
            left_s = calls.WAIT_S if deadline is None else deadline - now()
            wait_s = min(calls.WAIT_S, max(0.0, left_s))
            path = reading.path(wait_s)
            page = page_of((await self._connections.ask("GET", path, None, ACCEPT, wait_s)).body)
            for item in filter(reading.is_new, page.items):
                yield Result(item)
            if reading.ended(page):
                return
            if not page.items and deadline is not None and now() >= deadline:
                raise reading.late(timeout)

    def insist(self) -> None:
        """Raise Refused if any of the tasks was refused."""
        for problem in self.refused.values():
            raise Refused(problem.status, problem.kind, problem.detail)

    async def cancel(self) -> BatchCancelled:
        """End all tasks that have not ended; return what became of how many."""
        path = f"/v1/batches/{self.id}/cancel"
        return _cancelled((await self._connections.ask("POST", path, b"", ACCEPT)).body)


class AsyncFunction(Decorated[P, T]):
    """A function of ``AsyncClient.function``; called, it runs here."""

    _client: "AsyncClient"

    async def remote(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Have it run by a worker; return what it returned or raise what it raised."""
        payload = outcomes.dump_call(args, kwargs)
        result = await self._at_service(
            lambda function_id: self._client.call_payload(function_id, payload, self._said)
        )
        value: T = result.value()
        return value

    async def spawn(self, *args: P.args, **kwargs: P.kwargs) -> AsyncTask[T]:
        """Have it run by a worker; return a handle at once: then the task is not lost."""
        batch = await self._submit([outcomes.dump_call(args, kwargs)])
        batch.insist()
        return AsyncTask(self._client, str(batch.task_ids[0]))

    async def map(
        self,
        *iterables: Iterable[Any],
        timeout: float | None = None,
    ) -> AsyncIterator[T]:
        """Give its results over ``iterables``, in their order; all is submitted at once.

        What is left is cancelled when the iteration is left or fails. Raises TimeoutError if not
        all are there within ``timeout`` seconds, and whatever a call raised.
        """
        now = asyncio.get_running_loop().time
        deadline = None if timeout is None else now() + timeout
        batches: list[AsyncBatch] = []
        try:
            for payloads in calls.payloads(zip(*iterables, strict=False)):
                left = [payloads]
                while left:
                    try:
                        batches.append(await self._submit(left[-1]))
                    except Refused as refusal:
                        left[-1:] = calls.halves(left[-1], refusal)
                    else:
                        left.pop()
                        batches[-1].insist()
            batches.reverse()
            while batches:
                order = calls.InOrder()
                left_s = None if deadline is None else max(0.0, deadline - now())
                async for result in batches[-1].results(left_s):
                    for each in order.take(result.position, result):
                        yield each.value()
                batches.pop()
        finally:
            for batch in batches:
                with suppress(ClientError):  # whatever ended the iteration is the better error
                    await batch.cancel()

    async def register(self) -> str:
        """Register it, if that was not done yet or it has changed since, and return its id.

        Two tasks that come here at once register it twice, which the service knows for the same.
        Raises Refused, Unpicklable, Unreachable.
        """
        return await self._registered(self._parcel())

    async def _registered(self, parcel: Parcel) -> str:
        if parcel.id:
            return parcel.id
        function_id = parcel.id = await self._client.register_parcel(parcel)
        return function_id

    async def _submit(self, payloads: Sequence[Payload]) -> AsyncBatch:
        """Submit calls as one batch; registers it again, once, if the service knows it no more."""
        return await self._at_service(
            lambda function_id: self._client.submit_payloads(function_id, payloads, self._said)
        )

    async def _at_service(self, ask: Callable[[str], Awaitable[R]]) -> R:
        """Ask for something with the function's id; once more if the service knows it no more."""
        parcel = self._parcel()
        function_id = await self._registered(parcel)
        try:
            return await ask(function_id)
        except Refused as refusal:
            forget(parcel, function_id, refusal)
        return await ask(await self._registered(parcel))
