"""The bodies of requests and answers: one typed struct each, which is also its OpenAPI schema.

Bodies are read by msgspec: a tenth of pydantic's time on the hot routes, the same strictness (a
number is no string). Fields that a struct does not name are ignored.
"""

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from ...domain.errors import InvalidInput

JSON = "application/json"

_UUID = "01890a5d-ac96-774b-bcce-b302099a8057"
_CALLABLE = "gASVFAAAAAAAAACMCGJ1aWx0aW5zlIwDYWJzlJOULg==\n"
_ARGUMENTS = "gASVDAAAAAAAAABK6////4WUfZSGlC4=\n"

FunctionId = Annotated[str, Meta(description="The id of a function: a UUID.", examples=[_UUID])]
TaskId = Annotated[str, Meta(description="The id of a task: a UUID.", examples=[_UUID])]
Status = Annotated[
    str,
    Meta(
        description="Where the task stands.",
        examples=["COMPLETED"],
        extra_json_schema={"enum": ["QUEUED", "RUNNING", "COMPLETED", "FAILED"]},
    ),
]


class RegisterFunction(Struct, frozen=True):
    """A function to register."""

    name: Annotated[str, Meta(description="A name for people.", examples=["absolute"])]
    payload: Annotated[
        str,
        Meta(
            description="The dill of a callable, as base64; line breaks are optional.",
            examples=[_CALLABLE],
        ),
    ]


class FunctionRegistered(Struct, frozen=True):
    """A function was registered."""

    function_id: FunctionId


class ExecuteFunction(Struct, frozen=True):
    """A wish to run a function."""

    function_id: FunctionId
    payload: Annotated[
        str,
        Meta(
            description="The dill of (args, kwargs), a tuple and a dict, as base64.",
            examples=[_ARGUMENTS],
        ),
    ]


class TaskSubmitted(Struct, frozen=True):
    """A task was recorded: it will not be lost."""

    task_id: TaskId


class TaskStands(Struct, frozen=True):
    """Where a task stands."""

    task_id: TaskId
    status: Status


class TaskResult(Struct, frozen=True):
    """Where a task stands, and what came of it."""

    task_id: TaskId
    status: Status
    result: Annotated[
        str,
        Meta(
            description="Empty until the task has ended; then the dill of the value, or of the"
            " exception if it FAILED, as base64 with a line break every 76 characters.",
            examples=["gARLFS4=\n"],
        ),
    ]


class ServiceStands(Struct, frozen=True):
    """How the service is doing."""

    message: str
    redis_status: Annotated[
        str, Meta(description='"connected", or the problem.', examples=["connected"])
    ]
    version: str


class Alive(Struct, frozen=True):
    """The process answers."""

    status: Annotated[str, Meta(examples=["alive"])]


class Ready(Struct, frozen=True):
    """Whether requests can be served, and why not."""

    status: Annotated[str, Meta(extra_json_schema={"enum": ["ready", "unavailable"]})]
    reasons: list[str]


class Problem(Struct, frozen=True):
    """Why a request was not carried out."""

    detail: Annotated[str, Meta(description="What is wrong, and what to do about it.")]


Body = TypeVar("Body", bound=Struct)


async def read(request: Request, kind: type[Body]) -> Body:
    """Return the request's body as a ``kind``; raise InvalidInput that says what is wrong."""
    content_type = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if content_type != JSON and not content_type.endswith("+json"):
        raise InvalidInput(f"the body must be JSON: send it with Content-Type: {JSON}")
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"the body does not fit: {error}; see /openapi.json") from None
    except msgspec.DecodeError as error:
        raise InvalidInput(f"the body is not one JSON object: {error}") from None
    except UnicodeDecodeError:
        raise InvalidInput("the body is not one JSON object: it is not UTF-8") from None
    except RecursionError:
        raise InvalidInput("the body is nested too deep") from None


def answer(
    body: Struct, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """Return ``body`` as a response."""
    return Response(msgspec.json.encode(body), int(status), headers, JSON)


@cache  # routes share bodies and problems: the service is built in 25 ms instead of 125
def schema(kind: type[Struct]) -> dict[str, Any]:
    """Return the JSON schema of a body, whole in itself; every caller is given the same dict."""
    known: dict[str, Any] = msgspec.json.schema(kind)["$defs"]

    def inlined(part: Any) -> Any:
        if isinstance(part, Mapping):
            described: Mapping[str, Any] = part
            if name := described.get("$ref"):
                return inlined(known[name.rpartition("/")[2]])
            return {key: inlined(value) for key, value in described.items()}
        return list(map(inlined, part)) if isinstance(part, list | tuple) else part

    found: dict[str, Any] = inlined(known[kind.__name__])
    return found


def content(kind: type[Struct], **more: Any) -> dict[str, Any]:
    """Return the part of an OpenAPI document that describes a JSON body."""
    return {"content": {JSON: {"schema": schema(kind)}}, **more}
