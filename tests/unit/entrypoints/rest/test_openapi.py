"""The OpenAPI document: valid, complete, and true to what the routes really take and give."""

import re
from typing import Any, get_args

import msgspec
import pytest
from fastapi.openapi.models import OpenAPI

from gofer.adapters.payload import PickleInspector, decode_payload
from gofer.entrypoints.rest import schemas
from gofer.entrypoints.rest.legacy import KEY_HEADER, MESSAGE
from gofer.entrypoints.rest.problems import STATUSES
from gofer.entrypoints.rest.v1.problems import KINDS
from tests.support.web import web

ROUTES = {
    ("get", "/"),
    ("post", "/register_function"),
    ("post", "/execute_function"),
    ("get", "/status/{task_id}"),
    ("get", "/result/{task_id}"),
    ("get", "/v1/tasks/{task_id}/result"),
    ("get", "/v1/version"),
    ("post", "/v1/functions"),
    ("get", "/v1/functions"),
    ("post", "/v1/functions/preflight"),
    ("get", "/v1/tasks"),
    ("get", "/v1/tasks/{task_id}/logs"),
    ("get", "/v1/tasks/{task_id}/events"),
    ("get", "/v1/tasks/{task_id}/explain"),
    ("get", "/v1/events"),
    ("post", "/v1/tasks/{task_id}/retry"),
    ("get", "/v1/tasks/{task_id}/attempts"),
    ("get", "/v1/workers"),
    ("get", "/v1/workers/{worker_id}"),
    ("post", "/v1/workers/{worker_id}/drain"),
    ("post", "/v1/workers/{worker_id}/undrain"),
    ("get", "/v1/queues"),
    ("post", "/v1/queues/{priority}/pause"),
    ("post", "/v1/queues/{priority}/resume"),
    ("post", "/v1/queues/{priority}/purge"),
    ("get", "/v1/functions/{ref}"),
    ("get", "/v1/functions/{ref}/versions"),
    ("delete", "/v1/functions/{ref}"),
    ("post", "/v1/functions/{ref}/call"),
    ("post", "/v1/tasks"),
    ("get", "/v1/tasks/{task_id}"),
    ("post", "/v1/tasks/{task_id}/cancel"),
    ("post", "/v1/batches"),
    ("get", "/v1/batches/{batch_id}"),
    ("get", "/v1/batches/{batch_id}/results"),
    ("post", "/v1/batches/{batch_id}/cancel"),
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/metrics"),
}


async def document() -> dict[str, Any]:
    async with web() as service:
        answer = await service.client.get("/openapi.json")
    assert answer.status_code == 200
    whole: dict[str, Any] = answer.json()
    return whole


def operations(whole: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method, path): operation
        for path, item in whole["paths"].items()
        for method, operation in item.items()
    }


def body_of(part: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = part["content"]["application/json"]["schema"]
    return found


async def test_the_document_is_valid_openapi_3_1() -> None:
    whole = await document()
    assert whole["openapi"].startswith("3.1.")
    assert OpenAPI.model_validate(whole).info.title == "gofer"


async def test_the_document_has_every_route_and_no_other() -> None:
    assert set(operations(await document())) == ROUTES


async def test_every_route_is_described_and_named_once() -> None:
    described = operations(await document()).values()
    assert all(operation["description"] for operation in described)
    assert len({operation["operationId"] for operation in described}) == len(ROUTES)


async def test_every_placeholder_of_a_path_is_a_parameter() -> None:
    for (_, path), operation in operations(await document()).items():
        described = operation.get("parameters", [])
        names = [each["name"] for each in described if each["in"] == "path"]
        assert names == re.findall(r"{(\w+)}", path)


async def test_what_makes_tasks_takes_a_key() -> None:
    keyed = {
        path
        for (_, path), operation in operations(await document()).items()
        if KEY_HEADER in {each["name"] for each in operation.get("parameters", [])}
    }
    making = {"/execute_function", "/v1/tasks", "/v1/batches", "/v1/functions/{ref}/call"}
    assert keyed == making


async def test_every_answer_is_a_success_or_a_status_of_the_tables() -> None:
    failures = (*STATUSES.values(), *KINDS.values())
    possible = {"200", "201", "202", "204", *(str(int(status)) for status in failures)}
    for operation in operations(await document()).values():
        assert set(operation["responses"]) <= possible


@pytest.mark.parametrize(
    ("method", "path", "takes"),
    [
        ("post", "/register_function", ["name", "payload"]),
        ("post", "/execute_function", ["function_id", "payload"]),
    ],
)
async def test_what_a_route_takes_is_described_with_examples_that_work(
    method: str, path: str, takes: list[str]
) -> None:
    body = operations(await document())[method, path]["requestBody"]
    schema = body_of(body)
    assert body["required"] is True
    assert schema["required"] == takes
    for name in takes:
        example = schema["properties"][name]["examples"][0]
        assert isinstance(example, str)
        if name == "payload":
            PickleInspector().inspect(decode_payload(example))


@pytest.mark.parametrize(
    ("method", "path", "gives"),
    [
        ("get", "/", {"message", "redis_status", "version"}),
        ("post", "/register_function", {"function_id"}),
        ("post", "/execute_function", {"task_id"}),
        ("get", "/status/{task_id}", {"task_id", "status"}),
        ("get", "/result/{task_id}", {"task_id", "status", "result"}),
        ("get", "/healthz", {"status"}),
        ("get", "/readyz", {"status", "reasons"}),
    ],
)
async def test_what_a_route_gives_is_described(method: str, path: str, gives: set[str]) -> None:
    schema = body_of(operations(await document())[method, path]["responses"]["200"])
    assert set(schema["properties"]) == gives
    assert set(schema["required"]) == gives


async def test_the_answers_are_of_the_described_shapes() -> None:
    async with web() as service:
        registered = await service.register()
        task_id = await service.execute(registered)
        greeting = await service.client.get("/")
        status = await service.client.get(f"/status/{task_id}")
    assert msgspec.json.decode(greeting.content, type=schemas.ServiceStands).message == MESSAGE
    assert msgspec.json.decode(status.content, type=schemas.TaskStands).task_id == task_id


async def test_the_documentation_s_pages_are_there_only_when_asked_for() -> None:
    async with web(docs_ui=True) as service:
        assert (await service.client.get("/docs")).status_code == 200
    async with web() as service:
        assert (await service.client.get("/docs")).status_code == 404


def test_the_statuses_of_the_original_routes_are_these_four() -> None:
    (meta,) = [each for each in get_args(schemas.Status) if isinstance(each, msgspec.Meta)]
    assert meta.extra_json_schema == {"enum": ["QUEUED", "RUNNING", "COMPLETED", "FAILED"]}
