"""The application's own way from a request to its route, and what it leaves to the framework."""

import logging
from typing import Any

import pytest
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from gofer.entrypoints.rest.front import Table
from gofer.entrypoints.rest.routing import Bodies, PlainRoute, add_route
from gofer.entrypoints.rest.schemas import Alive
from tests.support.web import web

UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"


async def endpoint(_request: Request) -> Response:
    """Do nothing."""
    return Response()


def table(*routes: tuple[str, str]) -> Table:
    router = APIRouter()
    for method, path in routes:
        add_route(router, method, path, endpoint, Bodies(Alive))
    return Table(route for route in router.routes if isinstance(route, PlainRoute))


def request(method: str, path: str, **more: Any) -> Scope:
    return {"type": "http", "method": method, "path": path, **more}


ROUTES = table(("GET", "/"), ("GET", "/tasks/{task_id}"), ("POST", "/tasks/{id}/cancel"))


@pytest.mark.parametrize(
    ("method", "path", "parameters"),
    [
        ("GET", "/", {}),
        ("GET", "/tasks/x", {"task_id": "x"}),
        ("POST", "/tasks/x/cancel", {"id": "x"}),
        ("GET", "/tasks/cancel", {"task_id": "cancel"}),
        ("GET", "/tasks/{}", {"task_id": "{}"}),
        ("POST", "/tasks/{}/cancel", {"id": "{}"}),
    ],
)
def test_a_route_is_found_with_its_parameter(
    method: str, path: str, parameters: dict[str, str]
) -> None:
    scope = request(method, path)
    assert ROUTES.find(scope) is endpoint
    assert scope["path_params"] == parameters


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/"),
        ("HEAD", "/"),
        ("GET", "/tasks"),
        ("GET", "/tasks/"),
        ("GET", "/tasks/x/cancel"),
        ("GET", "/tasks/x/y"),
        ("POST", "/tasks//cancel"),
        ("POST", "/tasks/x/y/cancel"),
        ("GET", ""),
        ("GET", "*"),
    ],
)
def test_everything_else_is_left_to_the_framework(method: str, path: str) -> None:
    assert ROUTES.find(request(method, path)) is None


def test_a_path_that_a_proxy_has_prefixed_is_left_to_the_framework() -> None:
    assert ROUTES.find(request("GET", "/", root_path="/gofer")) is None


async def test_every_route_of_the_application_is_found_without_the_framework() -> None:
    async with web() as service:
        plain = [route for route in service.app.routes if isinstance(route, PlainRoute)]
        found = Table(plain)
        for route in plain:
            (method,) = route.methods or {""}
            assert found.find(request(method, route.path)) is route.endpoint


async def test_a_bug_is_logged_with_its_place(caplog: pytest.LogCaptureFixture) -> None:
    async with web() as service:
        service.store.trouble = ZeroDivisionError("secret")
        with caplog.at_level(logging.ERROR, "gofer.rest"):
            answer = await service.client.get(f"/status/{UNKNOWN}")
    assert answer.status_code == 500
    assert f"GET '/status/{UNKNOWN}'" in caplog.text
    assert "ZeroDivisionError: secret" in caplog.text


async def test_a_route_behind_a_prefix_is_served_as_well() -> None:
    async with web() as service:
        service.app.root_path = "/gofer"
        answer = await service.client.get("/healthz")
    assert answer.json() == {"status": "alive"}
