"""Functions under /v1: registered, looked at, called with plain JSON."""

import asyncio
import pickle
from typing import Any

import pytest

from gofer.domain.task import Cause, Failure, Success
from tests.support.original_client import dumps
from tests.unit.entrypoints.rest.v1.speaking import JSON, UNKNOWN, Speaker, problem_of


async def register(speaker: Speaker, name: str = "absolute") -> dict[str, Any]:
    """Register a function; return the answer's body."""
    body = {"name": name, "bytecode": speaker.bytes(dumps(abs))}
    answer = await speaker.post("/v1/functions", body)
    told = speaker.read(answer, 201)
    assert answer.headers["location"] == told["links"]["self"]
    return told


async def test_a_function_is_registered_and_shown(speaker: Speaker) -> None:
    told = await register(speaker)
    assert (told["name"], told["version"], len(told["digest"])) == ("absolute", 1, 64)
    assert told["environment"]["implementation"] == "cpython"
    assert speaker.read(await speaker.get(told["links"]["self"])) == told
    (stored,) = speaker.service.store.functions
    assert (stored.id, stored.payload) == (told["id"], dumps(abs))


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": 3}, {"bytecode": 3}, {}])
async def test_a_body_that_does_not_fit_is_422(speaker: Speaker, wrong: dict[str, Any]) -> None:
    body = {
        **({"name": "f"} if not wrong else {"name": "f", "bytecode": speaker.bytes(b"")}),
        **wrong,
    }
    assert problem_of(await speaker.post("/v1/functions", body), 422) == "does-not-fit"


async def test_bytecode_that_is_no_pickle_is_refused(speaker: Speaker) -> None:
    body = {"name": "f", "bytecode": speaker.bytes(b"rubbish")}
    assert problem_of(await speaker.post("/v1/functions", body), 400) == "invalid-payload"


async def test_an_unknown_function_is_404(speaker: Speaker) -> None:
    assert problem_of(await speaker.get(f"/v1/functions/{UNKNOWN}"), 404) == "not-found"
    answer = await speaker.post(f"/v1/functions/{UNKNOWN}/call", {"args": []})
    assert problem_of(answer, 404) == "not-found"


async def test_a_call_is_a_task(speaker: Speaker) -> None:
    path = (await register(speaker))["links"]["call"]
    answer = await speaker.post(path, {"args": [-3], "retries": 2})
    task = speaker.read(answer, 202)
    assert answer.headers["location"] == task["links"]["self"] == f"/v1/tasks/{task['id']}"
    (stored,) = speaker.service.store.tasks
    assert (stored.id, stored.budget.retries) == (task["id"], 2)
    assert pickle.loads(stored.payload) == ((-3,), {})


async def test_whoever_waits_for_a_call_gets_what_came_of_it(speaker: Speaker) -> None:
    path = (await register(speaker))["links"]["call"]
    waiting = asyncio.create_task(speaker.post(f"{path}?wait=30", {"args": [-3]}))
    await asyncio.wait([waiting], timeout=0.05)
    await speaker.service.store.run_next(Success(pickle.dumps(3)))
    body = speaker.read(await waiting)
    assert body["status"] == "COMPLETED"
    assert speaker.media_type != JSON or body["value"] == 3


async def test_a_call_that_fails_is_no_error_of_http(speaker: Speaker) -> None:
    path = (await register(speaker))["links"]["call"]
    waiting = asyncio.create_task(speaker.post(f"{path}?wait=30", {}))
    await asyncio.wait([waiting], timeout=0.05)
    await speaker.service.store.run_next(Failure(Cause.EXCEPTION, "ValueError", "no"))
    assert speaker.read(await waiting)["error"]["type"] == "ValueError"


async def test_a_call_that_takes_longer_is_answered_with_its_task(speaker: Speaker) -> None:
    path = (await register(speaker))["links"]["call"]
    assert speaker.read(await speaker.post(f"{path}?wait=0.01", {}), 202)["status"] == "QUEUED"


async def test_a_call_is_repeated_by_its_key(speaker: Speaker) -> None:
    path = (await register(speaker))["links"]["call"]
    first, again = [
        speaker.read(await speaker.post(path, {"args": [1]}, **{"Idempotency-Key": "k"}), 202)
        for _ in range(2)
    ]
    assert first["id"] == again["id"]


async def test_a_trace_goes_on_in_the_answer(speaker: Speaker) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    sent = f"00-{trace}-00f067aa0ba902b7-01"
    client = speaker.service.client
    for path in ("/v1/version", f"/v1/functions/{UNKNOWN}"):
        answer = await client.get(path, headers={"traceparent": sent})
        version, same, span, flags = answer.headers["traceparent"].split("-")
        assert (version, same, flags) == ("00", trace, "01")
        assert span != "00f067aa0ba902b7"
        assert len(span) == 16


@pytest.mark.parametrize("sent", ["", "rubbish", f"00-{'0' * 32}-{'1' * 16}-01", "ff-1-1-1"])
async def test_a_trace_that_is_none_is_ignored(speaker: Speaker, sent: str) -> None:
    answer = await speaker.service.client.get("/v1/version", headers={"traceparent": sent})
    assert answer.json()["api"] == "v1"
    assert "traceparent" not in answer.headers
