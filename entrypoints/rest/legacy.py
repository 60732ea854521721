"""The four original routes and the greeting, as original clients know them; they never change.

They translate: base64 to bytes, JSON to the service's words, and back. CANCELLED and EXPIRED read
as FAILED here. Payloads are decoded, never unpickled; results go out as they were stored.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ... import __version__
from ...domain.errors import Gone, NotFound, StoreIncompatible, StoreUnavailable
from ...domain.identifiers import parse_function_id, parse_task_id
from ...domain.service import Service
from ...domain.submissions import Submission
from ...domain.task import Failure, Outcome, TaskStatus
from .encoding import Encoding
from .routing import Bodies, add_route
from .schemas import (
    ExecuteFunction,
    FunctionRegistered,
    RegisterFunction,
    ServiceStands,
    TaskResult,
    TaskStands,
    TaskSubmitted,
    answer,
    read,
)

MESSAGE = "gofer runs any Python function on any of your machines"

LONG_RESULT_BYTES = 64 * 1024
"""Results over this size are encoded in a thread: base64 in lines takes 10 ms a MiB."""

LONG_TEXT_CHARS = 256 * 1024
"""Payloads over this size are decoded in a thread: base64 takes 8 ms a MiB."""

KEY_HEADER = "Idempotency-Key"

_SHOWN = {TaskStatus.CANCELLED: TaskStatus.FAILED, TaskStatus.EXPIRED: TaskStatus.FAILED}


_HEADERS = {
    KEY_HEADER: "Sent again with the same key, the same request answers with the same task."
}


def add_legacy_routes(router: APIRouter, service: Service, encoding: Encoding) -> None:
    """Add the original routes to ``router``."""
    routes = _Legacy(service, encoding)
    registering = Bodies(FunctionRegistered, RegisterFunction, (400, 413, 503))
    executing = Bodies(
        TaskSubmitted, ExecuteFunction, (400, 404, 413, 422, 429, 503), headers=_HEADERS
    )
    add_route(router, "GET", "/", routes.greet, Bodies(ServiceStands))
    add_route(router, "POST", "/register_function", routes.register_function, registering)
    add_route(router, "POST", "/execute_function", routes.execute_function, executing)
    standing = Bodies(TaskStands, failures=(400, 404, 503))
    add_route(router, "GET", "/status/{task_id}", routes.status, standing)
    ended = Bodies(TaskResult, failures=(400, 404, 503))
    add_route(router, "GET", "/result/{task_id}", routes.result, ended)


class _Legacy:
    def __init__(self, service: Service, encoding: Encoding) -> None:
        self._service = service
        self._encoding = encoding

    async def greet(self, _request: Request) -> Response:
        """Say who answers, and whether the store does."""
        try:
            store = await self._service.store_health()
        except (StoreUnavailable, StoreIncompatible) as error:
            store = str(error)
        return answer(ServiceStands(MESSAGE, store, __version__))

    async def register_function(self, request: Request) -> Response:
        """Register a function; every call gives a new id."""
        body = await read(request, RegisterFunction)
        payload = await self._payload(body.payload)
        async with self._encoding.ahead([payload]):
            return answer(FunctionRegistered(await self._service.register(body.name, payload)))

    async def execute_function(self, request: Request) -> Response:
        """Have a function run; the answer comes once the task is recorded.

        With an Idempotency-Key, the same request sent again answers with the same task.
        """
        body = await read(request, ExecuteFunction)
        function_id = parse_function_id(body.function_id)
        payload = await self._payload(body.payload)
        async with self._encoding.ahead([payload]):
            wish = Submission(function_id, payload, key=request.headers.get(KEY_HEADER, ""))
            (task_id,) = await self._service.submit([wish])
        return answer(TaskSubmitted(task_id))

    async def status(self, request: Request) -> Response:
        """Tell where a task stands."""
        task_id = parse_task_id(request.path_params["task_id"])
        with _none_is_gone():
            task = await self._service.status(task_id)
        return answer(TaskStands(task.id, _SHOWN.get(task.status, task.status)))

    async def result(self, request: Request) -> Response:
        """Give what came of a task: the value, or the exception if it FAILED."""
        task_id = parse_task_id(request.path_params["task_id"])
        with _none_is_gone():
            task, outcome = await self._service.result(task_id, 0.0)
        text = "" if outcome is None else await self._text(outcome)
        return answer(TaskResult(task.id, _SHOWN.get(task.status, task.status), text))

    async def _payload(self, text: str) -> bytes:
        if len(text) > LONG_TEXT_CHARS:
            return await asyncio.to_thread(self._encoding.decode, text)
        return self._encoding.decode(text)

    async def _text(self, outcome: Outcome) -> str:
        if isinstance(outcome, Failure):
            pickled = self._encoding.exception(outcome)
        else:
            pickled = outcome.result
        if len(pickled) > LONG_RESULT_BYTES:
            return await asyncio.to_thread(self._encoding.encode, pickled)
        return self._encoding.encode(pickled)


@contextmanager
def _none_is_gone() -> Iterator[None]:
    """Answer as the original contract does, which knows nothing of what was there before."""
    try:
        yield
    except Gone as error:
        raise NotFound(error.kind, error.identifier) from None
