"""Errors become answers by one table that misses none, and tell nothing that is ours to know."""

import logging
from collections.abc import Iterator

import pytest

from gofer.domain.errors import (
    GoferError,
    IllegalTransition,
    InvalidIdentifier,
    InvalidPayload,
    ProtocolViolation,
    StoreUnavailable,
)
from gofer.entrypoints.rest.problems import STATUSES, as_response
from tests.support.web import Bug, web

UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"


def descendants(kind: type[GoferError]) -> Iterator[type[GoferError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from descendants(child)


def test_the_table_has_a_row_for_every_error_of_the_domain() -> None:
    domain = {kind for kind in descendants(GoferError) if kind.__module__ == "gofer.domain.errors"}
    assert set(STATUSES) == domain


def test_an_error_that_the_table_does_not_know_is_answered_as_its_parent() -> None:
    assert as_response(Bug("secret")).status_code == 500


@pytest.mark.parametrize(
    "error",
    [
        IllegalTransition("QUEUED", "secret", "task"),
        ProtocolViolation("secret"),
        StoreUnavailable("secret"),
        Bug("secret"),
    ],
)
def test_trouble_on_our_side_is_logged_and_not_told(
    error: GoferError, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "gofer.rest"):
        assert b"secret" not in bytes(as_response(error).body)
    assert "secret" in caplog.text


@pytest.mark.parametrize(
    "error", [InvalidIdentifier("task id", "x", "a UUID"), InvalidPayload("cut off", 3)]
)
def test_a_caller_s_mistake_is_told_in_full(error: GoferError) -> None:
    assert str(error).encode()[:5] in bytes(as_response(error).body)


async def test_a_bug_is_500_without_its_words() -> None:
    async with web() as service:
        service.store.trouble = ZeroDivisionError("secret")
        answer = await service.client.get(f"/status/{UNKNOWN}")
    assert answer.status_code == 500
    assert set(answer.json()) == {"detail"}
    assert "secret" not in answer.text


async def test_an_unknown_route_is_404_in_json() -> None:
    async with web() as service:
        for path in ("/nothing", "/status", "/status/a/b", "/docs", "/redoc"):
            answer = await service.client.get(path)
            assert answer.status_code == 404, path
            assert "/openapi.json" in answer.json()["detail"]


async def test_a_wrong_method_is_405_in_json_and_names_the_right_one() -> None:
    async with web() as service:
        answer = await service.client.get("/register_function")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert "Allow" in answer.json()["detail"]
