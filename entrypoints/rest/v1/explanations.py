"""Why a task is where it is, over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from ....domain.service import Service
from .fields import Status, TaskUuid
from .formats import reply, wanted
from .routing import Described, add_route, gives
from .tasks import task_id_of
from .times import at


class Explained(Struct):
    """Why a task is where it is. Each reason has a `code`, a `text`, and the figures in it."""

    id: TaskUuid
    status: Status
    summary: Annotated[str, Meta(description="The first reason, in one sentence.")]
    reasons: list[dict[str, Any]]


def _told(facts: Mapping[str, object]) -> dict[str, object]:
    """Return figures as /v1 tells them: ``due_at_ms`` is ``due_at``, RFC 3339."""
    return dict(
        (name.removesuffix("_ms"), at(figure))
        if name.endswith("_at_ms") and isinstance(figure, int)
        else (name, figure)
        for name, figure in facts.items()
    )


def add_explain_route(router: APIRouter, service: Service) -> None:
    """Add the route of explanations to ``router``."""

    async def explain(request: Request) -> Response:
        """Say why a task waits, where it runs, or how it ended: the chain of reasons."""
        answer_in, task_id = wanted(request), task_id_of(request)
        found = await service.explain(task_id)
        reasons = [
            {"code": each.code, "text": each.text, **_told(each.facts)} for each in found.reasons
        ]
        return reply(Explained(task_id, found.status, found.summary, reasons), answer_in)

    described = Described(gives(Explained), failures=(404, 410))
    add_route(router, "GET", "/v1/tasks/{task_id}/explain", explain, described)
