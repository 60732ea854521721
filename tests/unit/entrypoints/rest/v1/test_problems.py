"""The list of problems is one: in the code, on its page, and in what is answered."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from gofer.domain.errors import GoferError
from gofer.entrypoints.rest.guards import BodyGuard, Bounds
from gofer.entrypoints.rest.problems import STATUSES
from gofer.entrypoints.rest.v1.problems import KINDS, OF_HTTP, TYPES
from tests.support.checkout import ROOT, modules
from tests.support.pages import page, unquoted
from tests.support.web import web
from tests.unit.entrypoints.rest.v1.speaking import UNKNOWN, problem_of

RAISED = re.compile(r"\bRefused\(\s*\"(?P<kind>[^\"]+)\"")


def descendants(kind: type[GoferError]) -> Iterator[type[GoferError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from descendants(child)


def refusals_in_the_code() -> set[str]:
    """Return the kinds that routes refuse with, as they stand in their source."""
    folder = ROOT / "entrypoints" / "rest" / "v1"
    sources = [each.read_text("utf-8") for each in modules("entrypoints") if folder in each.parents]
    return {match["kind"] for source in sources for match in RAISED.finditer(source)}


def test_the_page_has_every_kind_of_problem_with_its_status_and_no_other() -> None:
    shown = {unquoted(row[0]): int(row[1]) for row in page("docs/problems.md").rows("type")}
    assert shown == {kind: status.value for kind, status in KINDS.items()}


def test_every_kind_comes_from_somewhere() -> None:
    assert refusals_in_the_code()
    assert {*TYPES.values(), *OF_HTTP.values(), *refusals_in_the_code()} == set(KINDS)


def test_the_status_of_a_kind_is_that_of_the_errors_behind_it() -> None:
    domain = {kind for kind in descendants(GoferError) if kind.__module__ == "gofer.domain.errors"}
    for error in domain:
        name = next(TYPES[kind] for kind in error.__mro__ if kind in TYPES)
        assert STATUSES[error] == KINDS[name], error
    assert all(KINDS[kind] == status for status, kind in OF_HTTP.items())


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/nothing", "/v1/tasks/x/y/z", f"/v1/{UNKNOWN}", "/v1//"]
)
async def test_an_unknown_path_under_v1_is_a_problem(path: str) -> None:
    async with web() as service:
        answer = await service.client.get(path)
    assert problem_of(answer, 404) == "not-found"
    assert "/openapi.json" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", f"/v1/tasks/{UNKNOWN}", "GET"),
        ("DELETE", "/v1/batches", "POST"),
        ("PUT", "/v1/tasks", "GET, POST"),
        ("PUT", "/v1/functions/preflight", "POST"),
        ("POST", "/v1/functions/f", "DELETE, GET"),
        ("TRACE", f"/v1/batches/{UNKNOWN}/results", "GET"),
    ],
)
async def test_a_wrong_method_under_v1_is_a_problem_that_names_the_right_ones(
    method: str, path: str, allowed: str
) -> None:
    async with web() as service:
        answer = await service.client.request(method, path)
    assert problem_of(answer, 405) == "method-not-allowed"
    assert answer.headers["allow"] == allowed


async def test_behind_a_prefix_a_problem_is_one_as_well() -> None:
    async with web() as service:
        service.app.root_path = "/gofer"
        assert problem_of(await service.client.get("/v1/nothing"), 404) == "not-found"
        assert (await service.client.get("/nothing")).json().keys() == {"detail"}


async def test_a_body_over_the_limit_is_a_problem_under_v1_only() -> None:
    async with web(max_body_bytes=100, http_buffer_limit_bytes=100) as service:
        answer = await service.client.post("/v1/batches", content=b"x" * 101)
        original = await service.client.post("/register_function", content=b"x" * 101)
    assert problem_of(answer, 413) == "too-large"
    assert answer.headers["connection"] == "close"
    assert (original.status_code, set(original.json())) == (413, {"detail"})


async def test_too_much_at_once_says_when_to_come_again() -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x" * 60, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    async with web() as service:
        guard = BodyGuard(service.app, Bounds(body_bytes=100, buffer_bytes=50, read_timeout_s=30))
        scope: dict[str, Any] = {
            "type": "http",
            "method": "POST",
            "path": "/v1/batches",
            "headers": [],
        }
        await guard(scope, receive, send)
    headers = dict(sent[0]["headers"])
    assert sent[0]["status"] == 503
    assert headers[b"content-type"] == b"application/problem+json"
    assert headers[b"retry-after"] == b"1"
    assert b"urn:gofer:problem:busy" in sent[1]["body"]


async def test_a_bug_is_a_problem_without_its_words() -> None:
    async with web() as service:
        service.store.trouble = ZeroDivisionError("secret")
        answer = await service.client.get(f"/v1/tasks/{UNKNOWN}/result")
    assert problem_of(answer, 500) == "internal"
    assert "secret" not in answer.text
