"""Server-sent events: of one task (status, log, progress, end), and of all tasks (status)."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ....domain.errors import NotFound, StoreUnavailable
from ....domain.identifiers import TaskId
from ....domain.output import Progress
from ....domain.outputs import LogPage
from ....domain.ports import Feed
from ....domain.service import Service
from ....domain.task import Task, TaskStatus
from . import streams
from .formats import header
from .problems import Refused
from .queries import Parameter
from .routing import Answer, Described, add_route
from .seen import PATTERN, Seen, mark_of
from .streams import COMMENT, Quiet, event
from .tasks import Tasks, task_id_of
from .times import at

QUEUED_LOOK_S = 0.5
"""So often it is looked whether a task that waits was started: nothing tells of that."""

RUNNING_LOOK_S = 2.0
"""So often it is looked at one that runs, and whether this process leaves; what it shows, and its
end, are told at once.
"""

CHANGES = 500
"""Changes of all tasks that are fetched at a time."""

_LAST = "Last-Event-ID"


def add_event_routes(router: APIRouter, service: Service, tasks: Tasks) -> None:
    """Add the routes of events to ``router``."""
    routes = _Events(service, tasks)
    nothing = Answer(None, "The client has seen the end.")
    resumed: dict[str, Parameter] = {
        _LAST: {
            "description": "The id of the last event that was seen: the stream goes on behind it.",
            "schema": {"type": "string", "pattern": PATTERN},
        }
    }
    stream = Answer(None, "Events, until the task has ended.", text=streams.EVENTS)
    of_task = Described({200: stream, 204: nothing}, failures=(404, 410), headers=resumed)
    endless = Answer(None, "Events, without end.", text=streams.EVENTS)
    anywhere: dict[str, Parameter] = {_LAST: {**resumed[_LAST], "schema": {"type": "string"}}}
    of_all = Described({200: endless}, headers=anywhere)
    add_route(router, "GET", "/v1/tasks/{task_id}/events", routes.of_task, of_task)
    add_route(router, "GET", "/v1/events", routes.of_all, of_all)


class _Events:
    def __init__(self, service: Service, tasks: Tasks) -> None:
        self._service = service
        self._tasks = tasks

    async def of_task(self, request: Request) -> Response:
        """Tell what happens to a task, as server-sent events: status, log, progress, end."""
        _check_accept(request)
        task_id = task_id_of(request)
        seen = Seen.read(_last_id(request))
        task = await self._service.status(task_id)
        if seen.ended and str(task.status) == seen.status and task.attempt == seen.attempt:
            return Response(status_code=204)  # so that a browser does not come back for ever
        await self._tasks.told(task)  # its function's name is known from now on
        return streams.events(self._story(task_id, seen._replace(ended=False)))

    async def of_all(self, request: Request) -> Response:
        """Tell what happens to all tasks, as server-sent events, from now on."""
        _check_accept(request)
        first = await self._service.events(_last_id(request), CHANGES, 0.0)
        return streams.events(self._feed(first))

    # ------------------------------------------------------------ one task

    async def _story(self, task_id: TaskId, seen: Seen) -> AsyncIterator[bytes]:
        quiet = Quiet()
        while not self._service.leaving:
            try:
                task, page, progress = await self._look(task_id, seen)
            except (NotFound, StoreUnavailable):
                return  # it is forgotten, or the client comes again and is told so
            parts, seen = self._told(task, page, progress, seen)
            for part in parts:
                quiet.said()
                yield part
            if task.status.is_terminal:
                seen = seen._replace(ended=True)
                yield event("end", {"id": task_id, "status": task.status}, str(seen))
                return
            if not quiet.left_s():
                quiet.said()
                yield COMMENT
            await self._change(task, page.revision, quiet.left_s())

    async def _look(self, task_id: TaskId, seen: Seen) -> tuple[Task, LogPage, Progress | None]:
        """Return how a task stands, and what it has shown beyond what was seen."""
        task = await self._service.status(task_id)
        page = await self._service.output.logs(task_id, None, seen.offset)
        if page.attempt != seen.attempt and seen.offset:
            page = await self._service.output.logs(task_id, None, 0)
        if task.status is not TaskStatus.RUNNING:
            return task, page, None
        return task, page, await self._service.output.progress_of(task_id, task.attempt)

    def _told(
        self, task: Task, page: LogPage, progress: Progress | None, seen: Seen
    ) -> tuple[list[bytes], Seen]:
        """Return what there is to tell, and what is seen after it."""
        told: list[bytes] = []

        def tell(name: str, data: Any, after: Seen) -> Seen:
            told.append(event(name, data, str(after)))
            return after

        now = Seen(task.attempt, str(task.status))
        if task.attempt != seen.attempt and not task.status.is_terminal:
            seen = tell("status", self._shown(task), now)
        elif not task.status.is_terminal and now.status != seen.status:
            seen = tell("status", self._shown(task), seen._replace(status=now.status))
        elif task.attempt != seen.attempt:
            seen = Seen(task.attempt, seen.status)
        if page.text and page.attempt == task.attempt:
            data = {"attempt": page.attempt, "text": page.text, "truncated": page.truncated}
            seen = tell("log", data, seen._replace(offset=page.next_offset))
        if progress is not None and mark_of(progress) != seen.progress:
            seen = tell("progress", progress._asdict(), seen._replace(progress=mark_of(progress)))
        if task.status.is_terminal and now.status != seen.status:
            seen = tell("status", self._shown(task), seen._replace(status=now.status))
        return told, seen

    def _shown(self, task: Task) -> Any:
        shown = self._tasks.as_known(task)
        return json.loads(msgspec.json.encode(shown))

    async def _change(self, task: Task, revision: int, most_s: float) -> None:
        """Wait until there may be something new."""
        if task.status is TaskStatus.RUNNING:
            await self._service.output.wait(task.id, revision, min(RUNNING_LOOK_S, most_s))
        else:
            await self._service.wait(task.id, min(QUEUED_LOOK_S, most_s))
        await asyncio.sleep(streams.PAUSE_S)  # what is shown often is told some of it at a time

    # ------------------------------------------------------------ all tasks

    async def _feed(self, feed: Feed) -> AsyncIterator[bytes]:
        quiet = Quiet()
        yield COMMENT  # so that the client knows at once that it is heard
        while not self._service.leaving:
            if feed.gap:
                yield event("gap", {"detail": "some changes before this are lost"})
            for change in feed.changes:
                data = {"id": change.task_id, "status": change.status, "at": at(change.at_ms)}
                yield event("status", data, change.cursor)
            if feed.changes or not quiet.left_s():
                if not feed.changes:
                    yield COMMENT
                quiet.said()
            try:
                feed = await self._service.events(
                    feed.cursor, CHANGES, min(RUNNING_LOOK_S, quiet.left_s())
                )
            except StoreUnavailable:
                return  # the client comes again, and is told so
            if not feed.changes:
                await asyncio.sleep(streams.PAUSE_S)


def _last_id(request: Request) -> str:
    return header(request, _LAST.lower().encode()).decode("latin-1").strip()


def _check_accept(request: Request) -> None:
    accept = header(request, b"accept").lower()
    if accept.strip() and not any(
        each in accept for each in (b"text/event-stream", b"*/*", b"text/*")
    ):
        raise Refused("not-acceptable", f"events are {streams.EVENTS}; see Accept")
