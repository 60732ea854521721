"""The original contract, line by line: every bad request, its status, and a word on what to do."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from gofer.domain.errors import StoreIncompatible, StoreUnavailable
from tests.support.original_client import dumps, serialize
from tests.support.web import Web, WebStore, web

UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"
NO_ARGUMENTS: tuple[tuple[()], dict[str, object]] = ((), {})
CALL = serialize(NO_ARGUMENTS)

RUBBISH = [
    "",
    "payload",
    "%%%",
    "not-valid-base64!!!",
    "not_a_function",
    serialize(abs)[:-6],
    "AAAA",
    "gASVFgAAAAAAAAA=",
    "Tm90IGEgcGlja2xl",
]

NO_BODIES = [
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"3",
    b"{",
    b"{}",
    b"not json",
    b"\xff\xfe",
    b'{"name": "\xff", "payload": ""}',
    b"[" * 200_000,
    b'{"name": "f", "payload": "x", "function_id": "y", "deep": ' + b"[" * 100_000 + b"]" * 100_000,
    b'{"name": "f", "payload": "x", "function_id": "y", "deep": ' + b'{"a":' * 100_000,
]


@pytest.fixture
async def service() -> AsyncGenerator[Web]:
    async with web() as running:
        yield running


def refused(answer: Any, status: int) -> str:
    """Check that an answer is a refusal in JSON; return its words."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"detail"}
    detail = answer.json()["detail"]
    assert isinstance(detail, str)
    assert len(detail) > 20
    return detail


@pytest.mark.parametrize("route", ["/register_function", "/execute_function"])
@pytest.mark.parametrize("body", NO_BODIES, ids=lambda body: repr(body[:30]))
async def test_a_body_that_is_no_fitting_json_object_is_400(
    service: Web, route: str, body: bytes
) -> None:
    answer = await service.client.post(
        route, content=body, headers={"content-type": "application/json"}
    )
    assert "body" in refused(answer, 400)


@pytest.mark.parametrize(
    ("route", "fields"),
    [
        ("/register_function", {"name": "f", "payload": serialize(abs)}),
        ("/execute_function", {"function_id": UNKNOWN, "payload": CALL}),
    ],
)
@pytest.mark.parametrize("value", [..., None, 3, 1.5, True, [], {}, ["x"]])
async def test_a_field_that_is_missing_or_of_another_type_is_400_and_named(
    service: Web, route: str, fields: dict[str, Any], value: object
) -> None:
    for name in fields:
        body = {key: text for key, text in fields.items() if key != name or value is ...}
        if value is ...:
            del body[name]
        else:
            body[name] = value
        answer = await service.client.post(route, json=body)
        assert name in refused(answer, 400)
    assert (service.store.functions, service.store.tasks) == ([], [])


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
async def test_another_type_of_body_is_400_and_told_which_one(
    service: Web, content_type: str
) -> None:
    body = json.dumps({"name": "f", "payload": serialize(abs)}).encode()
    answer = await service.client.post(
        "/register_function", content=body, headers={"content-type": content_type}
    )
    assert "Content-Type: application/json" in refused(answer, 400)


@pytest.mark.parametrize("payload", RUBBISH)
async def test_rubbish_to_register_is_400_and_nothing_is_stored(service: Web, payload: str) -> None:
    body = {"name": "f", "payload": payload}
    refused(await service.client.post("/register_function", json=body), 400)
    assert service.store.functions == []


@pytest.mark.parametrize("payload", RUBBISH)
async def test_rubbish_to_execute_is_400_and_no_task_is_made(service: Web, payload: str) -> None:
    body = {"function_id": await service.register(), "payload": payload}
    refused(await service.client.post("/execute_function", json=body), 400)
    assert service.store.tasks == []


@pytest.mark.parametrize(
    "text", ["x", "1234", UNKNOWN[:-1], UNKNOWN + "0", "%2e%2e", "a b", "None"]
)
async def test_a_malformed_id_is_400(service: Web, text: str) -> None:
    body = {"function_id": text, "payload": CALL}
    assert "UUID" in refused(await service.client.post("/execute_function", json=body), 400)
    assert "UUID" in refused(await service.client.get(f"/status/{text}"), 400)
    assert "UUID" in refused(await service.client.get(f"/result/{text}"), 400)


async def test_an_idempotency_key_with_another_request_is_422_and_no_task_is_made(
    service: Web,
) -> None:
    function_id = await service.register()
    answers = [
        await service.client.post(
            "/execute_function",
            json={"function_id": function_id, "payload": serialize(((), {"a": argument}))},
            headers={"Idempotency-Key": "order 17"},
        )
        for argument in (1, 2)
    ]
    assert [answer.status_code for answer in answers] == [200, 422]
    assert "order 17" in answers[1].json()["detail"]
    assert len(service.store.tasks) == 1


async def test_an_idempotency_key_that_is_too_long_is_400(service: Web) -> None:
    body = {"function_id": await service.register(), "payload": serialize(((), {"a": 1}))}
    key = {"Idempotency-Key": "k" * 256}
    answer = await service.client.post("/execute_function", json=body, headers=key)
    assert answer.status_code == 400
    assert "255" in answer.json()["detail"]


async def test_an_unknown_id_is_404(service: Web) -> None:
    body = {"function_id": UNKNOWN, "payload": CALL}
    assert UNKNOWN in refused(await service.client.post("/execute_function", json=body), 404)
    assert UNKNOWN in refused(await service.client.get(f"/status/{UNKNOWN}"), 404)
    assert UNKNOWN in refused(await service.client.get(f"/result/{UNKNOWN}"), 404)


@pytest.mark.parametrize("more", [0, 1])
async def test_a_body_over_the_limit_is_413(more: int) -> None:
    body = json.dumps({"name": "f", "payload": serialize(abs)}).encode()
    async with web(max_body_bytes=len(body) - more) as service:
        answer = await service.client.post("/register_function", content=body)
    if more:
        assert "limit" in refused(answer, 413)
    else:
        assert answer.status_code == 200


@pytest.mark.parametrize("more", [0, 1])
async def test_a_function_or_payload_over_its_own_limit_is_413(more: int) -> None:
    async with web(
        function_limit_bytes=len(dumps(abs)) - more,
        payload_limit_bytes=len(dumps(NO_ARGUMENTS)) - more,
    ) as service:
        body = {"name": "f", "payload": serialize(abs)}
        registered = await service.client.post("/register_function", json=body)
        function_id = UNKNOWN if more else registered.json()["function_id"]
        body = {"function_id": function_id, "payload": CALL}
        executed = await service.client.post("/execute_function", json=body)
    if more:
        assert "limit" in refused(registered, 413)
        assert "limit" in refused(executed, 413)
    else:
        assert (registered.status_code, executed.status_code) == (200, 200)


async def test_a_name_over_the_limit_is_400() -> None:
    async with web(name_limit_chars=3) as service:
        body = {"name": "four", "payload": serialize(abs)}
        assert "limit is 3" in refused(
            await service.client.post("/register_function", json=body), 400
        )


@pytest.mark.parametrize(
    ("trouble", "retry_after"),
    [
        (StoreUnavailable("at 10.9.8.7", 2.5), "3"),
        (StoreIncompatible("10.9.8.7 has layout 9"), "1"),
    ],
)
async def test_a_store_that_is_away_is_503_with_retry_after(
    service: Web, trouble: Exception, retry_after: str
) -> None:
    function_id = await service.register()
    service.store.trouble = trouble
    answers = [
        await service.client.post(
            "/register_function", json={"name": "f", "payload": serialize(abs)}
        ),
        await service.client.post(
            "/execute_function", json={"function_id": function_id, "payload": CALL}
        ),
        await service.client.get(f"/status/{UNKNOWN}"),
        await service.client.get(f"/result/{UNKNOWN}"),
    ]
    for answer in answers:
        detail = refused(answer, 503)
        assert answer.headers["retry-after"] == retry_after
        assert "10.9.8.7" not in detail
    service.store.trouble = None
    assert await service.execute(function_id)


async def test_a_full_queue_is_429_with_retry_after() -> None:
    async with web(WebStore(queued_limit=1)) as service:
        function_id = await service.register()
        await service.execute(function_id)
        body = {"function_id": function_id, "payload": CALL}
        answer = await service.client.post("/execute_function", json=body)
    assert "limit" in refused(answer, 429)
    assert answer.headers["retry-after"] == "1"
