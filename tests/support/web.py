"""The web service in this process: the real application over a store in memory, without sockets."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
from fastapi import FastAPI

from gofer.adapters.clock import SystemClock, SystemEntropy
from gofer.adapters.exceptions import as_exception_pickle
from gofer.adapters.memory.store import DAY_MS, MemoryStore
from gofer.adapters.payload import (
    PickleInspector,
    decode_payload,
    encode_payload,
    json_of,
    write_call,
)
from gofer.adapters.telemetry import CountingTelemetry
from gofer.domain.errors import GoferError
from gofer.domain.function import Environment, Function
from gofer.domain.identifiers import TaskId, WorkerId
from gofer.domain.ports import Completion, Defeat, Filed, Repeated, Submitted
from gofer.domain.service import Service
from gofer.domain.task import Failure, NewTask, Outcome, Success, Task, TaskStatus
from gofer.entrypoints.container import own_environment
from gofer.entrypoints.rest.app import build_app
from gofer.entrypoints.rest.encoding import Encoding
from gofer.entrypoints.settings import Settings
from tests.support.original_client import serialize

WORKER = WorkerId("worker")
OURS = {own_environment().tag: 1}


class WebStore(MemoryStore):
    """A store in memory that counts what it is given, and can be made to go away."""

    def __init__(self, *, queued_limit: int = 1_000_000, retention_ms: int = DAY_MS) -> None:
        super().__init__(SystemClock(), queued_limit=queued_limit, retention_ms=retention_ms)
        self.trouble: Exception | None = None
        self.functions: list[Function] = []
        self.tasks: list[NewTask] = []
        self.shown_as: TaskStatus | None = None

    def _fail_if_in_trouble(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    async def put(self, functions: Sequence[Function], *, unless_same: bool = False) -> list[Filed]:
        self._fail_if_in_trouble()
        self.functions.extend(functions)
        return await super().put(functions, unless_same=unless_same)

    async def submit(self, tasks: Iterable[NewTask]) -> list[Submitted | Repeated]:
        self._fail_if_in_trouble()
        made = list(tasks)
        answers = await super().submit(made)
        self.tasks += [
            task for task, answer in zip(made, answers, strict=True) if answer is Submitted.NEW
        ]
        return answers

    async def get(self, task_ids: Sequence[TaskId]) -> list[Task | None]:
        self._fail_if_in_trouble()
        return [task and self._shown(task) for task in await super().get(task_ids)]

    async def outcomes(
        self, task_ids: Sequence[TaskId]
    ) -> list[tuple[Task, Outcome | None] | None]:
        self._fail_if_in_trouble()
        found = await super().outcomes(task_ids)
        return [each and (self._shown(each[0]), each[1]) for each in found]

    async def ping(self) -> str:
        self._fail_if_in_trouble()
        return await super().ping()

    def _shown(self, task: Task) -> Task:
        return task if self.shown_as is None else replace(task, status=self.shown_as)

    async def run_next(self, outcome: Outcome | None = None) -> None:
        """Do what a dispatcher does with the next task: claim it and, given one, record its end."""
        (leased,) = (await self.claim("dispatcher", "token", OURS, 60_000)).tasks
        await self.start([leased.attempt])
        if isinstance(outcome, Success):
            await self.complete([Completion(leased.attempt, WORKER, outcome)])
        elif isinstance(outcome, Failure):
            await self.fail([Defeat(leased.attempt, WORKER, outcome)])


def original_encoding(inspector: PickleInspector) -> Encoding:
    """Return the encoding as the container makes it."""
    return Encoding(
        decode_payload, encode_payload, as_exception_pickle, inspector.ahead, write_call, json_of
    )


@dataclass(frozen=True, slots=True)
class Web:
    """The service, its store and a client of it."""

    client: httpx.AsyncClient
    store: WebStore
    app: FastAPI

    async def register(self, function: object = abs) -> str:
        """Register a function as an original client does; return its id."""
        body = {"name": "f", "payload": serialize(function)}
        answer = await self.client.post("/register_function", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["function_id"])

    async def execute(self, function_id: str, *args: object, **kwargs: object) -> str:
        """Submit a task as an original client does; return its id."""
        body = {"function_id": function_id, "payload": serialize((args, kwargs))}
        answer = await self.client.post("/execute_function", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["task_id"])

    async def result(self, task_id: str) -> dict[str, Any]:
        """Return the body of a task's result."""
        answer = await self.client.get(f"/result/{task_id}")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


def app_over(store: WebStore, settings: Settings) -> FastAPI:
    """Return the application over ``store``."""
    inspector = PickleInspector()
    service = Service(
        store=store,
        tasks=store,
        inspector=inspector,
        clock=SystemClock(),
        entropy=SystemEntropy(),
        environment=Environment("cpython", (3, 11)),
        limits=settings.limits(),
        telemetry=CountingTelemetry(),
    )
    return build_app(service, original_encoding(inspector), settings)


@asynccontextmanager
async def web(store: WebStore | None = None, **settings: Any) -> AsyncGenerator[Web]:
    """Give the web service with these settings, and a client that follows no redirect."""
    store = store or WebStore()
    app = app_over(store, Settings(**settings))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gofer") as client:
        yield Web(client, store, app)


class Bug(GoferError):
    """An error that the table of problems does not know, as a careless change would make one."""
