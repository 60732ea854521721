"""A client of a gofer on this event loop, as an original client is one, without sockets."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

import gofer.testing
from gofer.testing import System
from tests.support.original_client import deserialize, serialize


@dataclass(frozen=True, slots=True)
class Client:
    """What an original client does, over an HTTP client."""

    http: httpx.AsyncClient

    async def submit(self, function: object, *args: object, **kwargs: object) -> str:
        """Register a function and have it executed; return the task's id."""
        return await self.submit_payload(function, serialize((args, kwargs)))

    async def submit_payload(self, function: object, payload: str) -> str:
        """Register a function and have it executed on a payload; return the task's id."""
        body = {"name": "f", "payload": serialize(function)}
        registered = await self.http.post("/register_function", json=body)
        body = {"function_id": registered.json()["function_id"], "payload": payload}
        submitted = await self.http.post("/execute_function", json=body)
        submitted.raise_for_status()
        return str(submitted.json()["task_id"])

    async def status(self, task_id: str) -> str:
        """Return a task's status."""
        return str((await self.http.get(f"/status/{task_id}")).json()["status"])

    async def value(self, task_id: str) -> Any:
        """Return what a task's result holds."""
        return deserialize((await self.http.get(f"/result/{task_id}")).json()["result"])


Kit = Callable[..., AbstractAsyncContextManager[tuple[System, Client]]]


@asynccontextmanager
async def _kit(**wishes: Any) -> AsyncGenerator[tuple[System, Client]]:
    async with gofer.testing.started(**wishes) as system:
        transport = httpx.ASGITransport(system.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gofer") as http:
            yield system, Client(http)


@pytest.fixture
def kit() -> Kit:
    """Start a gofer with what ``gofer.testing.started`` takes; give it and a client of it."""
    return _kit
