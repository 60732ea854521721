"""A client for very many tasks: a few connections, each of which sends and fetches in windows.

It speaks the original routes by hand, because a general client costs more time than the service
that it calls. Every answer is checked by the caller's own rule.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from tests.support.caller import ENDED
from tests.support.original_client import deserialize, serialize
from tests.support.waiting import wait_until_async

WINDOW = 25
"""Tasks that a connection submits before it fetches their outcomes."""

PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Job:
    """Arguments, and a rule that says whether (status, value) is right."""

    arguments: tuple[object, ...]
    right: Callable[[str, Any], bool]


async def run_all(url: str, function_id: str, jobs: Iterator[Job], connections: int) -> list[str]:
    """Run all jobs; return what was wrong, in words, one line a task."""
    wrong: list[str] = []
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(_share(url, function_id, jobs, wrong))
    return wrong


async def _share(url: str, function_id: str, jobs: Iterator[Job], wrong: list[str]) -> None:
    host, port = urlsplit(url).hostname, urlsplit(url).port
    reader, writer = await asyncio.open_connection(host, port)
    line = _Line(reader, writer)
    try:
        while window := list(islice(jobs, WINDOW)):
            ids: list[str] = []
            for job in window:
                payload = serialize((job.arguments, dict[str, object]()))
                body = {"function_id": function_id, "payload": payload}
                ids.append((await line.ask("POST", "/execute_function", body))["task_id"])
            for task_id, job in zip(ids, window, strict=True):
                status, value = await _outcome(line, task_id)
                if not job.right(status, value):
                    wrong.append(f"{job.arguments}: {status} {value!r}")
    finally:
        writer.close()
        await writer.wait_closed()


async def _outcome(line: "_Line", task_id: str) -> tuple[str, Any]:
    async def ended() -> Any:
        answer = await line.ask("GET", f"/result/{task_id}")
        return answer if answer["status"] in ENDED else None

    answer = await wait_until_async(ended, f"task {task_id} ends", PATIENCE_S)
    return answer["status"], deserialize(answer["result"])


class _Line:
    """One connection that stays open; one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """Send a request; return the body of its answer, which must be 200."""
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: soak\r\nContent-Type: application/json\r\n"
        self._writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        lines = answer.decode().lower().split("\r\n")
        length = next(int(each[15:]) for each in lines if each.startswith("content-length:"))
        told = await self._reader.readexactly(length)
        assert lines[0].split(" ")[1] == "200", f"{lines[0]}: {told!r}"
        return json.loads(told)
