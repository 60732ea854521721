"""Routes under /v1: errors as problems, and a description with both formats and examples."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from ....domain.errors import GoferError
from ..routing import MEANINGS, PlainRoute, names_of
from ..schemas import JSON
from . import traces
from .examples import example_of, example_of_problem
from .formats import MSGPACK
from .problems import PROBLEM, Problem, Refused, refusal, refused
from .queries import Parameter
from .schemas import schema

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]

UUID = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"

_BATCH = UUID.replace(
    "-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$", "-[abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{8}0000$"
)

PLACES: Mapping[str, Parameter] = {
    "task_id": {"schema": {"type": "string", "pattern": UUID}},
    "batch_id": {
        "schema": {
            "type": "string",
            "pattern": _BATCH,
        }
    },
    "worker_id": {"schema": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$"}},
    "priority": {"schema": {"type": "integer", "minimum": 0, "maximum": 2}},
    "ref": {
        "description": "A function's id, its name (the newest version), or name@version.",
        "schema": {"type": "string"},
    },
}
"""What the names in paths stand for."""

_TRACE = {
    "name": traces.NAME,
    "in": "header",
    "description": "The trace that the request belongs to (W3C Trace Context); the answer has one.",
    "schema": {"type": "string"},
}
RETRY_AFTER = {
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
}
LOCATION = {"Location": {"description": "Where it is from now on.", "schema": {"type": "string"}}}
_ALLOW_ALWAYS = (400, 406, 503)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that is no failure: its body (None: empty), what it means, its headers."""

    gives: type[Struct] | None
    meaning: str = "Done."
    headers: Mapping[str, Any] = field(default_factory=dict[str, Any])
    text: str = ""
    """The media type of a text that the body may be too, or instead."""


@dataclass(frozen=True, slots=True)
class Described:
    """What a route takes and gives, for its description; ``queries`` and ``headers`` by name.

    ``failures`` are statuses beside 400, 406 and 503, which every route may answer with.
    """

    answers: Mapping[int, Answer]
    takes: type[Struct] | None = None
    failures: tuple[int, ...] = ()
    headers: Mapping[str, Parameter] = field(default_factory=dict[str, Parameter])
    queries: Mapping[str, Parameter] = field(default_factory=dict[str, Parameter])
    summary: str = ""


def gives(kind: type[Struct]) -> dict[int, Answer]:
    """Return the one answer of a route that simply gives something."""
    return {HTTPStatus.OK.value: Answer(kind)}


def add_route(
    router: APIRouter, method: str, path: str, endpoint: Endpoint, described: Described
) -> None:
    """Add a route whose errors are answered as problems."""

    async def guarded(request: Request) -> Response:
        try:
            response = await endpoint(request)
        except GoferError as error:
            response = refusal(error)
        except Refused as error:
            response = refused(error)
        traces.carry_on(request, response)
        return response

    guarded.__name__, guarded.__doc__ = _name(method, path), endpoint.__doc__
    about: dict[str, Any] = {"parameters": _parameters(path, described)}
    if described.takes is not None:
        about["requestBody"] = {"content": _both(described.takes), "required": True}
    first = next(iter(described.answers))
    router.add_api_route(
        path,
        guarded,
        methods=[method],
        status_code=first,
        responses=_responses(described),
        response_class=Response,
        openapi_extra=about,
        route_class_override=PlainRoute,
        tags=[path.split("/")[2]],
    )


def _responses(described: Described) -> dict[int | str, dict[str, Any]]:
    answers: dict[int | str, dict[str, Any]] = {
        status: _answer(each) for status, each in described.answers.items()
    }
    for status in sorted({*_ALLOW_ALWAYS, *described.failures}):
        shown = {"schema": schema(Problem), "example": example_of_problem(status)}
        answers[status] = {"content": {PROBLEM: shown}, "description": MEANINGS[status]}
        if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
            answers[status]["headers"] = RETRY_AFTER
    return answers


def _answer(answer: Answer) -> dict[str, Any]:
    about: dict[str, Any] = {"description": answer.meaning}
    content = {answer.text: {"schema": {"type": "string"}}} if answer.text else {}
    if answer.gives is not None:
        both = _both(answer.gives)
        content |= {JSON: both[JSON]} if answer.text else both
    if content:
        about["content"] = content
    if answer.headers:
        about["headers"] = dict(answer.headers)
    return about


def _both(kind: type[Struct]) -> dict[str, Any]:
    return {
        JSON: {"schema": schema(kind), "example": example_of(kind)},
        MSGPACK: {"schema": {"description": "The same; what is base64 in JSON is binary here."}},
    }


def _parameters(path: str, described: Described) -> list[dict[str, Any]]:
    return [
        *(
            {"name": each, "in": "path", "required": True, **PLACES[each]}
            for each in names_of(path)
        ),
        *({"name": n, "in": "query", **about} for n, about in described.queries.items()),
        *({"name": n, "in": "header", **about} for n, about in described.headers.items()),
        _TRACE,
    ]


def _name(method: str, path: str) -> str:
    """Return what the operation is called: ``get_batch_results``, unique by its route."""
    words = path.split("/")[2:]
    if len(words) > 1 and words[1].startswith("{"):
        words[0] = "batch" if words[0] == "batches" else words[0].removesuffix("s")
    return "_".join((method.lower(), *(word for word in words if not word.startswith("{"))))
