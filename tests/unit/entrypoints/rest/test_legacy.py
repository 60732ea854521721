"""The original contract, line by line: what original clients send, and what they must get."""

import json
import pickle
import uuid
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from gofer.domain.errors import StoreIncompatible, StoreUnavailable
from gofer.domain.task import Cause, Failure, Success, TaskStatus
from gofer.entrypoints.rest.legacy import LONG_RESULT_BYTES
from tests.support.original_client import deserialize, dumps, serialize
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


def is_uuid(text: str) -> bool:
    return len(text) == 36 and str(uuid.UUID(text)) == text


# ---------------------------------------------------------------- the routes


async def test_registering_answers_200_and_a_new_id_each_time(service: Web) -> None:
    body = {"name": "f", "payload": serialize(abs)}
    answers = [await service.client.post("/register_function", json=body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    first, second = (answer.json() for answer in answers)
    assert set(first) == {"function_id"}
    assert is_uuid(first["function_id"])
    assert first != second


async def test_executing_answers_200_and_a_task_id(service: Web) -> None:
    body = {"function_id": await service.register(), "payload": serialize(((1,), {"a": 2}))}
    answer = await service.client.post("/execute_function", json=body)
    assert answer.status_code == 200
    assert set(answer.json()) == {"task_id"}
    assert is_uuid(answer.json()["task_id"])


async def test_the_task_has_the_payload_as_it_was_sent(service: Web) -> None:
    await service.execute(await service.register(), 1, a=2)
    assert service.store.tasks[0].payload == dumps(((1,), {"a": 2}))
    assert service.store.functions[0].payload == dumps(abs)


async def test_a_task_is_queued_then_running_then_completed(service: Web) -> None:
    task_id = await service.execute(await service.register(), -3)
    seen = [(await service.client.get(f"/status/{task_id}")).json()]
    await service.store.run_next()
    seen.append((await service.client.get(f"/status/{task_id}")).json())
    other = await service.execute(service.store.functions[0].id, -4)
    await service.store.run_next(Success(dumps(4)))
    seen.append((await service.client.get(f"/status/{other}")).json())
    assert seen == [
        {"task_id": task_id, "status": "QUEUED"},
        {"task_id": task_id, "status": "RUNNING"},
        {"task_id": other, "status": "COMPLETED"},
    ]


async def test_the_result_is_empty_until_the_task_has_ended(service: Web) -> None:
    task_id = await service.execute(await service.register())
    assert await service.result(task_id) == {"task_id": task_id, "status": "QUEUED", "result": ""}
    await service.store.run_next()
    assert await service.result(task_id) == {"task_id": task_id, "status": "RUNNING", "result": ""}


@pytest.mark.parametrize("value", [None, 42, "text", {"a": [1, 2]}, b"x" * 3 * LONG_RESULT_BYTES])
async def test_a_result_goes_out_in_the_original_form(service: Web, value: object) -> None:
    task_id = await service.execute(await service.register())
    await service.store.run_next(Success(dumps(value)))
    body = await service.result(task_id)
    assert body == {"task_id": task_id, "status": "COMPLETED", "result": serialize(value)}
    assert deserialize(body["result"]) == value


async def test_the_greeting_says_that_the_store_is_connected(service: Web) -> None:
    answer = await service.client.get("/")
    assert answer.status_code == 200
    assert set(answer.json()) == {"message", "redis_status", "version"}
    assert answer.json()["redis_status"] == "connected"


@pytest.mark.parametrize("trouble", [StoreUnavailable("asleep"), StoreIncompatible("asleep")])
async def test_the_greeting_says_what_is_wrong_with_the_store(
    service: Web, trouble: Exception
) -> None:
    service.store.trouble = trouble
    answer = await service.client.get("/")
    assert answer.status_code == 200
    assert "asleep" in answer.json()["redis_status"]


# ---------------------------------------------------------------- what is let through


async def test_a_trailing_slash_is_taken_without_a_redirect(service: Web) -> None:
    registered = await service.client.post(
        "/register_function/", json={"name": "f", "payload": serialize(abs)}
    )
    executed = await service.client.post(
        "/execute_function/", json={**registered.json(), "payload": CALL}
    )
    task_id = executed.json()["task_id"]
    status = await service.client.get(f"/status/{task_id}/")
    result = await service.client.get(f"/result/{task_id}/")
    answers = [registered, executed, status, result]
    assert [answer.status_code for answer in answers] == [200] * 4


async def test_further_fields_of_a_body_are_ignored(service: Web) -> None:
    more: dict[str, Any] = {"extra": {"a": [1, None]}, "status": 3, "huge": 10**400}
    registered = await service.client.post(
        "/register_function", json={"name": "f", "payload": serialize(abs), **more}
    )
    executed = await service.client.post(
        "/execute_function", json={**registered.json(), "payload": CALL, **more}
    )
    assert (registered.status_code, executed.status_code) == (200, 200)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(serialize(list(range(200))), id="as original clients make it"),
        pytest.param(serialize(list(range(200))).strip(), id="stripped"),
        pytest.param(serialize(list(range(200))).replace("\n", ""), id="on one line"),
        pytest.param(serialize(list(range(200))).replace("\n", "\r\n"), id="CRLF"),
    ],
)
async def test_base64_may_have_line_breaks_or_none(service: Web, text: str) -> None:
    answer = await service.client.post("/register_function", json={"name": "f", "payload": text})
    assert answer.status_code == 200
    assert service.store.functions[0].payload == dumps(list(range(200)))


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=utf-8", None]
)
async def test_json_may_be_announced_or_not(service: Web, content_type: str | None) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    body = json.dumps({"name": "f", "payload": serialize(abs)}).encode()
    answer = await service.client.post("/register_function", content=body, headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize("arguments", [3, (1,), ((), {}, 1), ({}, ()), None])
async def test_a_payload_that_is_no_pair_of_tuple_and_dict_is_taken(
    service: Web, arguments: object
) -> None:
    body = {"function_id": await service.register(), "payload": serialize(arguments)}
    answer = await service.client.post("/execute_function", json=body)
    assert answer.status_code == 200
    assert len(service.store.tasks) == 1


async def test_ids_may_be_written_in_capitals(service: Web) -> None:
    task_id = await service.execute((await service.register()).upper())
    assert (await service.result(task_id.upper()))["task_id"] == task_id


# ---------------------------------------------------------------- what is refused


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


# ---------------------------------------------------------------- failures


async def test_a_failure_reads_as_the_exception_that_was_raised(service: Web) -> None:
    raised = ValueError("no such luck")
    raised.add_note("Traceback ...")
    task_id = await service.execute(await service.register())
    await service.store.run_next(
        Failure(Cause.EXCEPTION, "ValueError", "no such luck", exception=pickle.dumps(raised))
    )
    body = await service.result(task_id)
    assert body["status"] == "FAILED"
    exception = deserialize(body["result"])
    assert isinstance(exception, ValueError)
    assert str(exception) == "no such luck"
    assert exception.__notes__ == ["Traceback ..."]


async def test_a_failure_without_an_exception_reads_as_a_built_in_one(service: Web) -> None:
    task_id = await service.execute(await service.register())
    await service.store.run_next(Failure(Cause.TIMEOUT, "", "ran for 3 s"))
    body = await service.result(task_id)
    assert body["status"] == "FAILED"
    assert isinstance(deserialize(body["result"]), TimeoutError)


async def test_a_cancelled_task_reads_as_failed(service: Web) -> None:
    task_id = await service.execute(await service.register())
    await service.store.cancel([service.store.tasks[0].id])
    status = await service.client.get(f"/status/{task_id}")
    assert status.json()["status"] == "FAILED"
    body = await service.result(task_id)
    assert body["status"] == "FAILED"
    assert "cancelled" in str(deserialize(body["result"]))


async def test_an_expired_task_reads_as_failed(service: Web) -> None:
    task_id = await service.execute(await service.register())
    await service.store.run_next(Failure(Cause.EXPIRED, "", ""))
    service.store.shown_as = TaskStatus.EXPIRED
    status = await service.client.get(f"/status/{task_id}")
    body = await service.result(task_id)
    assert (status.json()["status"], body["status"]) == ("FAILED", "FAILED")
    assert "expired" in str(deserialize(body["result"]))
