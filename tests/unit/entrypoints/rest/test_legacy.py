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
from tests.support.web import Web, web

UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"
NO_ARGUMENTS: tuple[tuple[()], dict[str, object]] = ((), {})
CALL = serialize(NO_ARGUMENTS)


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


async def test_a_request_sent_again_with_its_idempotency_key_gives_the_same_task(
    service: Web,
) -> None:
    """A client whose connection broke, or its proxy, may send everything again."""
    body = {"function_id": await service.register(), "payload": serialize(((1,), {"a": 2}))}
    key = {"Idempotency-Key": "order 17"}
    answers = [
        await service.client.post("/execute_function", json=body, headers=key) for _ in range(3)
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["task_id"] for answer in answers}) == 1
    assert len(service.store.tasks) == 1


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
