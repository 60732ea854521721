"""What is refused without a route: an unknown path, a wrong method, too much, too slow, a bug.

The answer is in the form of the API that was asked: a problem under /v1, the original contract's
``{"detail": ...}`` elsewhere.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import cast

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from ...domain.errors import GoferError
from .problems import OURS, as_response
from .schemas import Problem, answer
from .v1.problems import of_http

V1 = "/v1"

_WORDS = {
    HTTPStatus.NOT_FOUND: "there is no such route; GET /openapi.json lists all",
    HTTPStatus.METHOD_NOT_ALLOWED: "the route is there, but not for this method; see Allow",
}


def fault(
    scope: Scope, status: HTTPStatus, detail: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """Return the answer to a request that no route has answered."""
    detail = detail or _WORDS.get(status, status.phrase)
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    if path == V1 or path.startswith(V1 + "/"):
        return of_http(status, detail, headers)
    return answer(Problem(detail), status, headers)


def bug(scope: Scope) -> Response:
    """Return what the client is told of a bug; whoever calls this has logged it."""
    return fault(scope, HTTPStatus.INTERNAL_SERVER_ERROR, OURS)


def add_handlers(app: FastAPI) -> None:
    """Have every error that the framework sees answered in JSON."""
    app.add_exception_handler(GoferError, _on_gofer_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_bug)


async def _on_gofer_error(_request: Request, error: Exception) -> Response:
    return as_response(cast("GoferError", error))


async def _on_http_error(request: Request, error: Exception) -> Response:
    """Answer for the framework: an unknown route, a wrong method."""
    problem = cast("HTTPException", error)
    status = HTTPStatus(problem.status_code)
    said = str(problem.detail)
    return fault(request.scope, status, "" if said == status.phrase else said, problem.headers)


async def _on_bug(request: Request, _error: Exception) -> Response:
    """Answer for a bug; the server logs the traceback."""
    return bug(request.scope)
