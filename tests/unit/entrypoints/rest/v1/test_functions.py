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
    assert [each["code"] for each in told.pop("findings")] == ["no-worker"]
    assert speaker.read(await speaker.get(told["links"]["self"])) == told
    (stored,) = speaker.service.store.functions
    assert (stored.id, stored.payload) == (told["id"], dumps(abs))


SOURCE = "def absolute(x):\n    return abs(x)\n"


async def put(speaker: Speaker, status: int = 201, **body: Any) -> dict[str, Any]:
    """Register a function by its source; return the answer's body."""
    body = {"name": "absolute", "source": SOURCE, **body}
    return speaker.read(await speaker.post("/v1/functions", body), status)


async def test_the_same_function_again_is_the_same_version(speaker: Speaker) -> None:
    first = await put(speaker)
    assert await put(speaker, 200) == first
    second = await put(speaker, source=SOURCE + "# changed\n")
    assert (first["version"], second["version"]) == (1, 2)
    assert (second["has_source"], second["has_bytecode"]) == (True, False)


async def test_a_function_is_found_by_its_name_and_version(speaker: Speaker) -> None:
    first = await put(speaker)
    second = await put(speaker, source=SOURCE + "# changed\n")
    found = [
        speaker.read(await speaker.get(f"/v1/functions/{ref}"))["id"]
        for ref in ("absolute", "absolute@1", "absolute@2", first["id"])
    ]
    assert found == [second["id"], first["id"], second["id"], first["id"]]


async def test_functions_and_their_versions_are_listed(speaker: Speaker) -> None:
    await put(speaker)
    newest = await put(speaker, source=SOURCE + "# changed\n")
    other = await put(speaker, name="other one")
    del other["findings"]  # that no worker is there
    first = speaker.read(await speaker.get("/v1/functions?limit=1"))
    rest = speaker.read(await speaker.get(f"/v1/functions?cursor={first['next_cursor']}"))
    ids = [each["id"] for each in (*first["items"], *rest["items"])]
    assert ids == sorted([newest["id"], other["id"]], reverse=True)
    assert rest["next_cursor"] is None
    named = speaker.read(await speaker.get("/v1/functions?name=other%20one"))
    assert named["items"] == [other]
    versions = speaker.read(await speaker.get("/v1/functions/absolute/versions"))
    assert [each["version"] for each in versions["items"]] == [2, 1]


async def test_a_deleted_function_takes_no_tasks(speaker: Speaker) -> None:
    function = await put(speaker)
    path = function["links"]["self"]
    answer = await speaker.service.client.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert problem_of(await speaker.service.client.delete(path), 404) == "deleted"
    for body in ({"function": function["id"]}, {"function": "absolute"}):
        answer = await speaker.post("/v1/tasks", body)
        assert problem_of(answer, 404) in {"deleted", "not-found"}
    assert "was deleted" in (await speaker.get(path)).text


async def test_what_a_task_does_not_say_is_as_its_function_says(speaker: Speaker) -> None:
    defaults = {"timeout_s": 5, "retries": 7, "redeliveries": 0, "priority": 2}
    function = await put(speaker, defaults=defaults)
    assert {**function["defaults"], "result_ttl_s": None} == {**defaults, "result_ttl_s": None}
    ref = {"function": "absolute"}
    speaker.read(await speaker.post("/v1/tasks", {**ref, "retries": 1}), 202)
    batch = {**ref, "tasks": [{}, {"priority": 0}], "timeout_s": 6}
    speaker.read(await speaker.post("/v1/batches", batch), 202)
    said = [(task.priority, *task.budget[:3]) for task in speaker.service.store.tasks]
    assert said == [(2, 1, 0, 5_000), (2, 7, 0, 6_000), (0, 7, 0, 6_000)]


async def test_in_a_batch_a_name_that_means_nothing_is_refused_alone(speaker: Speaker) -> None:
    await put(speaker)
    tasks = [{}, {"function": "nobody"}, {"function": "a/b"}]
    body = {"function": "absolute", "tasks": tasks}
    answer = speaker.read(await speaker.post("/v1/batches", body), 202)
    told = [task.get("status") or task["error"]["type"] for task in answer["tasks"]]
    urn = "urn:gofer:problem:"
    assert told == ["QUEUED", f"{urn}not-found", f"{urn}invalid-identifier"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": 3},
        {"source": None},
        {"source": ""},
        {"environment": {"implementation": "cpython", "python": "three"}},
        {"defaults": {"retries": -1}},
    ],
)
async def test_a_body_that_does_not_fit_is_422(speaker: Speaker, wrong: dict[str, Any]) -> None:
    body = {"name": "absolute", "source": SOURCE, **wrong}
    assert problem_of(await speaker.post("/v1/functions", body), 422) == "does-not-fit"


@pytest.mark.parametrize("name", ["a/b", "a@b", " ", "a\u0007", UNKNOWN])
async def test_a_name_that_no_reference_could_mean_is_refused(speaker: Speaker, name: str) -> None:
    body = {"name": name, "source": SOURCE}
    assert problem_of(await speaker.post("/v1/functions", body), 400) == "invalid-input"


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


async def test_a_call_may_bring_its_arguments_as_a_pickle(speaker: Speaker) -> None:
    path = (await register(speaker))["links"]["call"]
    payload = pickle.dumps(((-3,), {}))
    speaker.read(await speaker.post(path, {"payload": speaker.bytes(payload)}), 202)
    (stored,) = speaker.service.store.tasks
    assert stored.payload == payload
    both = {"payload": speaker.bytes(payload), "args": [-3]}
    assert problem_of(await speaker.post(path, both), 422) == "does-not-fit"


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


async def test_what_would_keep_a_function_from_running_is_found(speaker: Speaker) -> None:
    body = {"name": "f", "source": "def f(x):\n    return np.mean(x)\n"}
    report = speaker.read(await speaker.post("/v1/functions/preflight", body))
    assert not report["ok"]
    found = {each["code"]: each for each in report["findings"]}
    assert (found["undefined-name"]["name"], found["undefined-name"]["line"]) == ("np", 2)
    assert report["bytes"]["source"] == len(body["source"])
    assert speaker.service.store.functions == []
    refused = await speaker.post("/v1/functions", body)
    assert refused.status_code == 422
    problem = refused.json()
    assert problem["type"] == "urn:gofer:problem:unfit-function"
    assert [each["code"] for each in problem["findings"]] == ["undefined-name"]


async def test_a_task_that_nobody_can_run_is_refused_where_its_client_would_not_wait(
    speaker: Speaker,
) -> None:
    await put(speaker)
    wish = {"function": "absolute", "on_incompatible": "fail"}
    assert problem_of(await speaker.post("/v1/tasks", wish), 422) == "incompatible"
    batch: dict[str, object] = {**wish, "tasks": [dict[str, object]()]}
    assert problem_of(await speaker.post("/v1/batches", batch), 422) == "incompatible"
    waits = {**wish, "on_incompatible": "wait"}
    assert speaker.read(await speaker.post("/v1/tasks", waits), 202)["status"] == "QUEUED"
