"""What a client is told when a request fails: THE table from errors of the core to HTTP.

Total over the tree of ``domain/errors.py`` (a test says so). A caller's mistake is described in
full. Trouble on our side is not: what a client cannot mend it need not know, and an error of a
library may quote an address or a payload. That goes to the log.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from types import MappingProxyType

from starlette.responses import Response

from ...domain.errors import (
    AddressUnusable,
    Deleted,
    GoferError,
    Gone,
    IllegalTransition,
    Incompatible,
    InvalidIdentifier,
    InvalidInput,
    InvalidPayload,
    KeyReused,
    LinkClosed,
    NotFailed,
    NotFound,
    ProtocolViolation,
    QueueFull,
    StoreIncompatible,
    StoreUnavailable,
    TooLarge,
    UnfitFunction,
)
from .schemas import Problem, answer

log = logging.getLogger("gofer.rest")

STATUSES: Mapping[type[GoferError], HTTPStatus] = MappingProxyType(
    {
        GoferError: HTTPStatus.INTERNAL_SERVER_ERROR,
        InvalidInput: HTTPStatus.BAD_REQUEST,
        InvalidIdentifier: HTTPStatus.BAD_REQUEST,
        InvalidPayload: HTTPStatus.BAD_REQUEST,
        TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        NotFound: HTTPStatus.NOT_FOUND,
        NotFailed: HTTPStatus.CONFLICT,
        Deleted: HTTPStatus.NOT_FOUND,
        Gone: HTTPStatus.GONE,
        UnfitFunction: HTTPStatus.UNPROCESSABLE_ENTITY,
        Incompatible: HTTPStatus.UNPROCESSABLE_ENTITY,
        KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
        QueueFull: HTTPStatus.TOO_MANY_REQUESTS,
        StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
        StoreIncompatible: HTTPStatus.SERVICE_UNAVAILABLE,
        AddressUnusable: HTTPStatus.INTERNAL_SERVER_ERROR,
        LinkClosed: HTTPStatus.INTERNAL_SERVER_ERROR,
        IllegalTransition: HTTPStatus.INTERNAL_SERVER_ERROR,
        ProtocolViolation: HTTPStatus.INTERNAL_SERVER_ERROR,
    }
)

RETRY_AFTER_S = 1.0
"""When another try makes sense, where the error does not know better."""

OURS = "the service failed to do this; its log says why"
"""What is told of trouble on our side."""

_AWAY = "the store does not answer, and may or may not have done this; try again later"


def as_response(error: GoferError) -> Response:
    """Return what the client is told of an error."""
    status, detail, headers = told(error)
    return answer(Problem(detail), status, headers)


def told(error: GoferError) -> tuple[HTTPStatus, str, dict[str, str] | None]:
    """Return status, words and headers for an error; what is trouble of ours goes to the log."""
    status = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        log.warning("503: %s", error)
        return status, _AWAY, _retry_after(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("500", exc_info=error)
        return status, OURS, None
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        return status, str(error), _retry_after(error)
    return status, str(error), None


def _retry_after(error: GoferError) -> dict[str, str]:
    seconds = error.retry_after_s if isinstance(error, StoreUnavailable) else RETRY_AFTER_S
    return {"Retry-After": str(max(1, ceil(seconds)))}
