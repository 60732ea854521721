"""Two ASGI applications for comparison: FastAPI with pydantic, and bare."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI
from pydantic import BaseModel

Event = dict[str, Any]


class Execution(BaseModel):
    """The body of ``POST /execute_function``."""

    function_id: UUID
    payload: str


class Accepted(BaseModel):
    """Its answer."""

    task_id: UUID


app = FastAPI()


@app.post("/execute_function")
async def execute_function(execution: Execution) -> Accepted:
    """Do nothing with it."""
    del execution
    return Accepted(task_id=uuid4())


async def bare(
    scope: Event, receive: Callable[[], Awaitable[Event]], send: Callable[[Event], Awaitable[None]]
) -> None:
    """Answer every request alike, after reading it."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})
