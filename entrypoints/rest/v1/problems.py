"""What a client of /v1 is told when something fails: RFC 9457, with types that never change.

The table of ``rest/problems.py`` says with which status and how much of it; this one gives each
error its type. A problem can be a whole answer, or the answer to one task of a batch.
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from starlette.responses import Response

from ....domain.errors import (
    GoferError,
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
)
from ..problems import told

PROBLEM = "application/problem+json"

URN = "urn:gofer:problem:"

TYPES: Mapping[type[Exception], str] = MappingProxyType(
    {
        GoferError: "internal",
        InvalidInput: "invalid-input",
        InvalidIdentifier: "invalid-identifier",
        InvalidPayload: "invalid-payload",
        TooLarge: "too-large",
        NotFound: "not-found",
        NotFailed: "not-failed",
        KeyReused: "key-reused",
        QueueFull: "queue-full",
        StoreUnavailable: "store-unavailable",
        StoreIncompatible: "store-unavailable",
    }
)
"""What follows URN, for each error of the core; others are as their parent."""

REFUSALS: Mapping[str, HTTPStatus] = MappingProxyType(
    {
        "unreadable": HTTPStatus.BAD_REQUEST,
        "not-acceptable": HTTPStatus.NOT_ACCEPTABLE,
        "unsupported-media-type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "does-not-fit": HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
"""What a route itself refuses, before the core is asked: types and their statuses."""


class Refused(Exception):
    """A request that a route cannot translate; ``kind`` is one of REFUSALS."""

    def __init__(self, kind: str, detail: str) -> None:
        self.kind = kind
        self.detail = detail
        super().__init__(detail)


class Problem(Struct, frozen=True):
    """What went wrong, by RFC 9457."""

    type: Annotated[
        str, Meta(description="Which problem it is; never changes.", examples=[URN + "not-found"])
    ]
    title: Annotated[str, Meta(description="The status in words.", examples=["Not Found"])]
    status: Annotated[int, Meta(description="The HTTP status.", examples=[404])]
    detail: Annotated[str, Meta(description="What is wrong, and what to do about it.")]


def problem(error: GoferError) -> Problem:
    """Return an error of the core as a problem."""
    return _told(error)[0]


def refusal(error: GoferError) -> Response:
    """Return an error of the core as an answer."""
    return _answer(*_told(error))


def refused(error: Refused) -> Response:
    """Return what a route refuses as an answer."""
    status = REFUSALS[error.kind]
    return _answer(Problem(URN + error.kind, status.phrase, status.value, error.detail), None)


def _told(error: GoferError) -> tuple[Problem, Mapping[str, str] | None]:
    name = next(TYPES[kind] for kind in type(error).__mro__ if kind in TYPES)
    status, detail, headers = told(error)
    return Problem(URN + name, status.phrase, status.value, detail), headers


def _answer(body: Problem, headers: Mapping[str, str] | None) -> Response:
    return Response(msgspec.json.encode(body), body.status, headers, PROBLEM)
