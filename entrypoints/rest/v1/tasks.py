"""One task's outcome over HTTP, at once or as soon as it has one."""

import asyncio
from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ....domain.identifiers import parse_task_id
from ....domain.service import Service
from . import bodies
from .bodies import Result
from .formats import reply, wanted
from .queries import WAIT, waiting_s
from .routing import Described, add_route

LARGE_BYTES = 1024 * 1024
"""Results over this size are written in a thread."""

RETRY_AFTER = {"Retry-After": "1"}


def add_task_routes(router: APIRouter, service: Service) -> None:
    """Add the routes of single tasks to ``router``."""

    async def result(request: Request) -> Response:
        """Give what came of a task: 200 once it has ended, 202 until then.

        With `wait`, a request for a task that has not ended is answered once it has.
        """
        answer_in = wanted(request)
        task_id = parse_task_id(request.path_params["task_id"])
        task, outcome = await service.wait(task_id, waiting_s(request))
        payload, error = bodies.told(outcome)
        body = Result(task.id, task.status, payload, error)
        if outcome is None:
            return reply(body, answer_in, HTTPStatus.ACCEPTED, RETRY_AFTER)
        if isinstance(payload, bytes) and len(payload) > LARGE_BYTES:
            return await asyncio.to_thread(reply, body, answer_in)
        return reply(body, answer_in)

    described = Described(
        Result,
        also={HTTPStatus.ACCEPTED.value: "It has not ended; see Retry-After."},
        failures=(400, 404, 406, 503),
        queries=WAIT,
    )
    add_route(router, "GET", "/v1/tasks/{task_id}/result", result, described)
