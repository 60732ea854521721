"""Routes that only translate: no dependency injection, no body model, the request as it came."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from .schemas import Problem, content

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]

MEANINGS = {
    400: "The request cannot be right; `detail` says why.",
    404: "There is nothing of this id or name: it never existed, or its retention has passed.",
    410: "It was there, and is kept no longer.",
    409: "It is not in a state that allows this; `detail` says which.",
    406: "The client takes nothing that this route can write.",
    408: "The body did not arrive in time.",
    413: "The body, or what it carries, is over the limit.",
    415: "The body is neither JSON nor msgpack.",
    422: "Its Idempotency-Key was given with another request before, or the body does not fit.",
    429: "As many tasks are waiting as the operator allows; see Retry-After.",
    503: "The store does not answer, or too much arrives at once; see Retry-After.",
}


class PlainRoute(APIRoute):
    """A route of FastAPI in its OpenAPI document, and a bare endpoint when it is called.

    FastAPI's own handler costs 40 us a request (solving dependencies, none of which we have),
    which is as much as all the rest together.
    """

    def get_route_handler(self) -> Endpoint:
        """Return the endpoint itself."""
        endpoint: Endpoint = self.endpoint
        return endpoint


@dataclass(frozen=True, slots=True)
class Bodies:
    """What a route takes and gives, for its description.

    ``headers`` are optional ones, with what they mean; ``unready`` is the body of a 503.
    """

    gives: type[Struct]
    takes: type[Struct] | None = None
    failures: tuple[int, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    unready: type[Struct] = Problem


def add_route(
    router: APIRouter,
    method: str,
    path: str,
    endpoint: Callable[[Request], Awaitable[Response]],
    bodies: Bodies,
) -> None:
    """Add a route; its ``endpoint``'s docstring describes it, path parameters are texts."""
    described: dict[str, Any] = {"parameters": parameters_of(path, bodies.headers)}
    if bodies.takes is not None:
        described["requestBody"] = content(bodies.takes, required=True)
    responses: dict[int | str, dict[str, Any]] = {
        HTTPStatus.OK.value: content(bodies.gives, description="Done.")
    }
    for status in bodies.failures:
        kind = bodies.unready if status == HTTPStatus.SERVICE_UNAVAILABLE else Problem
        responses[status] = content(kind, description=MEANINGS[status])
    router.add_api_route(
        path,
        endpoint,
        methods=[method],
        responses=responses,
        response_class=Response,
        openapi_extra=described,
        route_class_override=PlainRoute,
    )


def parameters_of(path: str, headers: Mapping[str, str]) -> list[dict[str, Any]]:
    """Describe what a route reads beside its body: the names in its path, and optional headers."""
    text = {"schema": {"type": "string"}}
    return [
        *({"name": name, "in": "path", "required": True, **text} for name in names_of(path)),
        *({"name": n, "in": "header", "description": why, **text} for n, why in headers.items()),
    ]


def names_of(path: str) -> list[str]:
    """Return the names of a path's parameters."""
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]
