"""Tasks on their way out: one batch a request, and what became of each of its tasks.

What is there but for a moment (the queue is full, a function is known no more) is put right and
tried again; what will not change is the end of the task it belongs to, and of no other.
"""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec

from . import calls
from .address import JSON, MSGPACK, Answer
from .aio_connection import AsyncConnections
from .errors import ClientError, Refused
from .futures import TaskFuture
from .packing import Parcel
from .wire import BatchSubmitted, NewTask, Problem, SubmitBatch

BATCH_MOST = 5_000
"""Tasks of one request: the service takes up to 10 000."""

BATCH_BYTES = 8 * 1024 * 1024
"""Bytes of arguments after which a request takes no further task; one may be larger."""

FULL_S = 0.25
"""How long to wait when the service's queue is full."""

_BOTH = {"Content-Type": MSGPACK, "Accept": MSGPACK}
_ABSENT = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})

_encode = msgspec.msgpack.Encoder().encode
_submitted = msgspec.msgpack.Decoder(BatchSubmitted).decode
_IN_TIME = frozenset({"prevented", "stopping"})


class Sent(NamedTuple):
    """What became of a batch: its id, the futures by position, and those to be sent again."""

    batch_id: str | None
    futures: dict[int, TaskFuture[Any]]
    again: list[TaskFuture[Any]]


class Sender:
    """Sends batches to one service; ``said`` holds for all tasks."""

    def __init__(self, connections: AsyncConnections, said: Mapping[str, Any]) -> None:
        """Take the connections, and options by the names of the API."""
        self._connections = connections
        self._said = said

    async def send(self, taken: Sequence[TaskFuture[Any]]) -> list[Sent]:
        """Send tasks as one batch, or as more if it is refused. Futures that are refused end here.

        Raises Refused, Unreachable where nothing of it was recorded.
        """
        ready = await self._with_functions(taken)
        if not ready:
            return []
        try:
            batch = await self._submit(ready)
        except Refused as refusal:
            if len(ready) > 1 and refusal.status != HTTPStatus.TOO_MANY_REQUESTS:
                # the answer speaks of the first task alone: the others may be refused for other
                # reasons, or not at all
                return [*await self.send(ready[::2]), *await self.send(ready[1::2])]
            problem = Problem(f":{refusal.kind}", refusal.status, refusal.detail)
            return [await self._sorted(None, ready, [problem] * len(ready))]
        for future, told in zip(ready, batch.tasks, strict=True):
            if told.error is None:
                future.take_payload()[0].renewed = False
                future.recorded(told.id)
        return [await self._sorted(batch.id, ready, [each.error for each in batch.tasks])]

    async def _submit(self, ready: Sequence[TaskFuture[Any]]) -> BatchSubmitted:
        parcels = [future.take_payload() for future in ready]
        shared = parcels[0][0].id
        tasks = [
            NewTask(payload, None if parcel.id == shared else parcel.id)
            for parcel, payload in parcels
        ]
        body = _encode(SubmitBatch(tasks, shared, **self._said))
        headers = {**_BOTH, "Idempotency-Key": uuid.uuid4().hex}
        answer = await self._connections.ask("POST", "/v1/batches", body, headers)
        return _submitted(answer.body)

    async def _sorted(
        self,
        batch_id: str | None,
        ready: Sequence[TaskFuture[Any]],
        problems: Sequence[Problem | None],
    ) -> Sent:
        """Sort futures into those that are under way, those to send again, and those that end."""
        sent = Sent(batch_id, {}, [])
        unknown: dict[int, Parcel] = {}
        for position, (future, problem) in enumerate(zip(ready, problems, strict=True), 1):
            if problem is None:
                sent.futures[position] = future
                if future.done():  # was cancelled while it was being sent
                    await self._cancel(future.task_id)
            elif problem.status == HTTPStatus.TOO_MANY_REQUESTS:
                sent.again.append(future)
            elif problem.status in calls.LOST and not future.take_payload()[0].renewed:
                parcel = future.take_payload()[0]
                unknown[id(parcel)] = parcel
                sent.again.append(future)
            else:
                future.end(None, Refused(problem.status, problem.kind, problem.detail))
        for parcel in unknown.values():  # the service has lost it, or has been told to: once more
            parcel.id, parcel.renewed = "", True
        if len(sent.again) > len(unknown):
            await asyncio.sleep(FULL_S)
        return sent

    async def _cancel(self, task_id: str) -> None:
        # where it does not answer, the task runs to its end and nobody takes its result
        with suppress(ClientError):
            await self._connections.ask("POST", *cancel_request(task_id))

    async def _with_functions(self, taken: Sequence[TaskFuture[Any]]) -> list[TaskFuture[Any]]:
        """Register functions that are not; end the futures of those that are refused."""
        ready: list[TaskFuture[Any]] = []
        refused: dict[int, ClientError] = {}
        for future in taken:
            parcel = future.take_payload()[0]
            if not parcel.id and id(parcel) not in refused:
                try:
                    parcel.id = await register(self._connections, parcel)
                except ClientError as error:
                    refused[id(parcel)] = error
            if parcel.id:
                ready.append(future)
            else:
                future.end(None, refused[id(parcel)])
        return ready


async def register(connections: AsyncConnections, parcel: Parcel) -> str:
    """Register a function and return its id; raise Refused, Unreachable."""
    try:
        answer = await connections.ask("POST", *calls.registration(parcel))
    except Refused as refusal:
        if refusal.status not in _ABSENT or not parcel.bytecode:
            raise
        answer = await connections.ask("POST", *calls.original_registration(parcel))
    return calls.registered_id(answer)


def cancel_request(task_id: str) -> tuple[str, bytes, dict[str, str]]:
    """Return path, body and headers of a request that cancels a task."""
    return f"/v1/tasks/{task_id}/cancel", b"", {"Accept": JSON}


def cancelled(answer: Answer) -> bool:
    """Tell whether a cancel came in time, by its answer."""
    return msgspec.json.decode(answer.body).get("outcome") in _IN_TIME


def tell_request(task_id: str, about: str) -> tuple[str, None, dict[str, str]]:
    """Return path, body and headers of a request about a task."""
    at = f"/v1/tasks/{task_id}"
    return (f"{at}/{about}" if about else at), None, {"Accept": JSON}


def told(answer: Answer) -> Any:
    """Return what a service told of a task."""
    return msgspec.json.decode(answer.body)
