"""What a client of /v1 is told when something fails: RFC 9457, with types that never change.

KINDS is the whole list; docs/problems.md explains each, and a test holds both together. The table
of ``rest/problems.py`` says how much of an error is told; TYPES gives each error its kind. A
problem can be a whole answer, or the answer to one task of a batch.
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.responses import Response

from ....domain.errors import (
    Deleted,
    GoferError,
    Gone,
    Incompatible,
    InvalidIdentifier,
    InvalidInput,
    InvalidPayload,
    KeyReused,
    NotFailed,
    NotFound,
    QueueFull,
    StoreIncompatible,
    StoreUnavailable,
    TooLarge,
    UnfitFunction,
)
from ....domain.findings import Finding, Level
from ..problems import told

PROBLEM = "application/problem+json"

URN = "urn:gofer:problem:"

KINDS: Mapping[str, HTTPStatus] = MappingProxyType(
    {
        "unreadable": HTTPStatus.BAD_REQUEST,
        "invalid-input": HTTPStatus.BAD_REQUEST,
        "invalid-identifier": HTTPStatus.BAD_REQUEST,
        "invalid-payload": HTTPStatus.BAD_REQUEST,
        "not-found": HTTPStatus.NOT_FOUND,
        "deleted": HTTPStatus.NOT_FOUND,
        "gone": HTTPStatus.GONE,
        "not-failed": HTTPStatus.CONFLICT,
        "method-not-allowed": HTTPStatus.METHOD_NOT_ALLOWED,
        "not-acceptable": HTTPStatus.NOT_ACCEPTABLE,
        "too-slow": HTTPStatus.REQUEST_TIMEOUT,
        "too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "unsupported-media-type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unfit-function": HTTPStatus.UNPROCESSABLE_ENTITY,
        "incompatible": HTTPStatus.UNPROCESSABLE_ENTITY,
        "does-not-fit": HTTPStatus.UNPROCESSABLE_ENTITY,
        "key-reused": HTTPStatus.UNPROCESSABLE_ENTITY,
        "queue-full": HTTPStatus.TOO_MANY_REQUESTS,
        "internal": HTTPStatus.INTERNAL_SERVER_ERROR,
        "busy": HTTPStatus.SERVICE_UNAVAILABLE,
        "store-unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
"""Every kind of problem, what follows URN in its type, and its status."""

TYPES: Mapping[type[Exception], str] = MappingProxyType(
    {
        GoferError: "internal",
        InvalidInput: "invalid-input",
        InvalidIdentifier: "invalid-identifier",
        InvalidPayload: "invalid-payload",
        TooLarge: "too-large",
        UnfitFunction: "unfit-function",
        Incompatible: "incompatible",
        NotFound: "not-found",
        NotFailed: "not-failed",
        Deleted: "deleted",
        Gone: "gone",
        KeyReused: "key-reused",
        QueueFull: "queue-full",
        StoreUnavailable: "store-unavailable",
        StoreIncompatible: "store-unavailable",
    }
)
"""The kind of each error of the core; others are as their parent."""

OF_HTTP: Mapping[HTTPStatus, str] = MappingProxyType(
    {
        HTTPStatus.NOT_FOUND: "not-found",
        HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
        HTTPStatus.REQUEST_TIMEOUT: "too-slow",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-large",
        HTTPStatus.INTERNAL_SERVER_ERROR: "internal",
        HTTPStatus.SERVICE_UNAVAILABLE: "busy",
    }
)
"""The kind of what is refused before any route is reached, or by a bug in one."""


class Refused(Exception):
    """A request that a route cannot translate; ``kind`` is one of KINDS."""

    def __init__(self, kind: str, detail: str) -> None:
        self.kind = kind
        self.detail = detail
        super().__init__(detail)


class OfFinding(Struct, frozen=True):
    """Something about a function that is to be mended."""

    level: Annotated[str, Meta(extra_json_schema={"enum": [str(each) for each in Level]})]
    code: Annotated[str, Meta(description="Which kind; more may be added.")]
    name: Annotated[str, Meta(description="What it is about: a name, a module.")]
    line: Annotated[int | None, Meta(description="Of the source, from 1 on.")]
    text: Annotated[str, Meta(description="What to do.")]


class Problem(Struct, frozen=True, omit_defaults=True):
    """What went wrong, by RFC 9457."""

    type: Annotated[
        str,
        Meta(
            description="Which problem it is; never changes.",
            examples=[URN + "not-found"],
            extra_json_schema={"enum": [URN + kind for kind in KINDS]},
        ),
    ]
    title: Annotated[str, Meta(description="The status in words.", examples=["Not Found"])]
    status: Annotated[int, Meta(description="The HTTP status.", examples=[404])]
    detail: Annotated[str, Meta(description="What is wrong, and what to do about it.")]
    findings: (
        Annotated[list[OfFinding], Meta(description="Of unfit-function only.")] | UnsetType
    ) = UNSET


def problem(error: GoferError) -> Problem:
    """Return an error of the core as a problem."""
    return _told(error)[0]


def refusal(error: GoferError) -> Response:
    """Return an error of the core as an answer."""
    return _answer(*_told(error))


def refused(error: Refused) -> Response:
    """Return what a route refuses as an answer."""
    return _answer(_of_kind(error.kind, error.detail), None)


def of_http(status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return what is refused before any route is reached, or by a bug, as an answer."""
    return _answer(_of_kind(OF_HTTP.get(status, "unreadable"), detail), headers)


def _of_kind(kind: str, detail: str) -> Problem:
    status = KINDS[kind]
    return Problem(URN + kind, status.phrase, status.value, detail)


def _told(error: GoferError) -> tuple[Problem, Mapping[str, str] | None]:
    name = next(TYPES[kind] for kind in type(error).__mro__ if kind in TYPES)
    status, detail, headers = told(error)
    findings = (
        list(map(finding_told, error.findings)) if isinstance(error, UnfitFunction) else UNSET
    )
    return Problem(URN + name, status.phrase, status.value, detail, findings), headers


def finding_told(finding: Finding) -> OfFinding:
    """Return a finding as it is told."""
    return OfFinding(finding.level, finding.code, finding.name, finding.line, finding.text)


def _answer(body: Problem, headers: Mapping[str, str] | None) -> Response:
    return Response(msgspec.json.encode(body), body.status, headers, PROBLEM)
