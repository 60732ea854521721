"""What a task printed, over HTTP: as text for people, as JSON for programs, followed live."""

import asyncio
from collections.abc import AsyncIterator
from io import StringIO
from typing import Annotated

from fastapi import APIRouter
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from ....domain.errors import NotFound, StoreUnavailable
from ....domain.identifiers import TaskId
from ....domain.outputs import LogPage
from ....domain.service import Service
from ..schemas import JSON
from . import streams
from .fields import TaskUuid
from .formats import TEXT, header, reply
from .problems import Refused
from .queries import Parameter, flag, value, whole
from .routing import Answer, Described, add_route
from .tasks import task_id_of

MOST_LINES = 100_000
MOST_BYTES = 2**53
LOOK_S = 2.0
"""A follower looks so often at least: what wakes it may be lost, and this process may leave."""

_QUERIES: dict[str, Parameter] = {
    "follow": {
        "description": "Go on until the task has ended.",
        "schema": {"type": "boolean"},
        "example": False,
    },
    "tail": {
        "description": "Only so many of the last lines.",
        "schema": {"type": "integer", "minimum": 0, "maximum": MOST_LINES},
    },
    "attempt": {
        "description": "Of which attempt; the latest if nothing is said.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
    },
    "after": {
        "description": "From this offset on: the `next_offset` of an earlier answer.",
        "schema": {"type": "integer", "minimum": 0, "maximum": MOST_BYTES},
    },
}


class Log(Struct):
    """What an attempt printed: stdout and stderr, as they came. Offsets count bytes of UTF-8."""

    id: TaskUuid
    attempt: int
    text: str
    next_offset: Annotated[int, Meta(description="Ask for `after` this to go on.")]
    truncated: Annotated[bool, Meta(description="What came before is no longer kept.")]
    done: Annotated[bool, Meta(description="No more will come.")]


def add_log_route(router: APIRouter, service: Service) -> None:
    """Add the route of logs to ``router``."""

    async def logs(request: Request) -> Response:
        """Give what a task printed: the last 64 KiB of an attempt's stdout and stderr.

        As text, unless the client wants JSON. `follow` is for text: it goes on to the task's end.
        """
        as_json = _wants_json(request)
        task_id = task_id_of(request)
        attempt = whole(request, "attempt", 0, 1, 1_000_000) or None
        after = whole(request, "after", 0, 0, MOST_BYTES)
        lines = whole(request, "tail", MOST_LINES, 0, MOST_LINES)
        follows = flag(request, "follow") and not as_json
        page = await service.output.logs(task_id, attempt, after)
        shown = page.text if value(request, "tail") is None else last_lines(page.text, lines)
        if as_json:
            whole_page = (page.next_offset, page.truncated, page.done)
            return reply(Log(task_id, page.attempt, shown, *whole_page), TEXT)
        if not follows:
            return Response(shown, media_type=streams.TEXT)
        return streams.text(_followed(service, task_id, attempt, page, shown))

    described = Described(
        {200: Answer(Log, "What there is.", text="text/plain")},
        failures=(404, 410),
        queries=_QUERIES,
    )
    add_route(router, "GET", "/v1/tasks/{task_id}/logs", logs, described)


async def _followed(
    service: Service, task_id: TaskId, attempt: int | None, page: LogPage, shown: str
) -> AsyncIterator[bytes]:
    """Yield what there is, and what comes, until the end; a later attempt begins anew."""
    yield shown.encode()
    while not page.done and not service.leaving:
        number, seen = page.attempt, page.revision
        try:
            await service.output.wait(task_id, page.revision, LOOK_S)
            page = await service.output.logs(task_id, attempt, page.next_offset)
            if page.attempt != number:
                page = await service.output.logs(task_id, attempt, 0)
        except StoreUnavailable as trouble:
            await asyncio.sleep(trouble.retry_after_s)  # it goes on where it was, once that is over
            continue
        except NotFound:
            return  # it has ended long ago, and is forgotten
        if page.text:
            yield page.text.encode()
        elif page.revision == seen:
            await asyncio.sleep(streams.PAUSE_S)


def last_lines(text: str, count: int) -> str:
    """Return the last lines of a text; a bar that draws itself anew is one line."""
    return "".join(list(StringIO(text, newline="\n"))[-count:]) if count else ""


def _wants_json(request: Request) -> bool:
    """Tell whether a client wants JSON; text is for whoever says nothing. Raises Refused: 406."""
    accept = header(request, b"accept").lower()
    if not accept.strip() or b"text/" in accept:
        return False
    if JSON.encode() in accept:
        return True
    if b"*/*" in accept:
        return False
    raise Refused("not-acceptable", f"logs are text/plain or {JSON}; see Accept")
