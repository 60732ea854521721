"""Routes under /v1: errors as problems, and a description with both formats."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from ....domain.errors import GoferError
from ..routing import MEANINGS, PlainRoute, parameters_of
from ..schemas import JSON, schema
from .formats import MSGPACK
from .problems import PROBLEM, Problem, Refused, refusal, refused

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Described:
    """What a route takes and gives, for its description; ``queries`` and ``headers`` by name.

    ``also`` are other answers that are no failure, with what they mean.
    """

    gives: type[Struct]
    takes: type[Struct] | None = None
    status: HTTPStatus = HTTPStatus.OK
    also: Mapping[int, str] = field(default_factory=dict[int, str])
    failures: tuple[int, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    queries: Mapping[str, str] = field(default_factory=dict[str, str])


def add_route(
    router: APIRouter, method: str, path: str, endpoint: Endpoint, described: Described
) -> None:
    """Add a route whose errors are answered as problems."""

    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except GoferError as error:
            return refusal(error)
        except Refused as error:
            return refused(error)

    guarded.__name__, guarded.__doc__ = _name(method, path), endpoint.__doc__
    about: dict[str, Any] = {
        "parameters": parameters_of(path, described.headers, described.queries)
    }
    if described.takes is not None:
        about["requestBody"] = {"content": _both(described.takes), "required": True}
    answers: dict[int | str, dict[str, Any]] = {
        status: {"content": _both(described.gives), "description": meaning}
        for status, meaning in {described.status.value: "Done.", **described.also}.items()
    }
    for status in described.failures:
        content = {PROBLEM: {"schema": schema(Problem)}}
        answers[status] = {"content": content, "description": MEANINGS[status]}
    router.add_api_route(
        path,
        guarded,
        methods=[method],
        status_code=described.status,
        responses=answers,
        response_class=Response,
        openapi_extra=about,
        route_class_override=PlainRoute,
    )


def _both(kind: type[Struct]) -> dict[str, Any]:
    described = {"schema": schema(kind)}
    return {JSON: described, MSGPACK: described}


def _name(method: str, path: str) -> str:
    """Return what the operation is called: ``get_batch_results``, unique by its route."""
    words = [word for word in path.split("/")[2:] if not word.startswith("{")]
    return "_".join((method.lower(), *words))
