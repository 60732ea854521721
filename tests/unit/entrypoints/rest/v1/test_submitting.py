"""Single tasks under /v1: submitted with a pickle or with plain data, looked at, cancelled."""

import asyncio
import datetime as dt
import pickle
from typing import Any

import pytest

from gofer.domain.task import Success
from gofer.entrypoints.rest.v1 import submitting
from tests.unit.entrypoints.rest.v1.speaking import (
    JSON,
    LIMIT_BYTES,
    NOTHING,
    UNKNOWN,
    Speaker,
    problem_of,
)


async def submit(speaker: Speaker, **body: Any) -> dict[str, Any]:
    """Submit one task; return the answer's body."""
    body = {"function": await speaker.service.register(), **body}
    return speaker.read(await speaker.post("/v1/tasks", body), 202)


def arguments(speaker: Speaker) -> object:
    """Return what the one task that was recorded would be called with."""
    (task,) = speaker.service.store.tasks
    return pickle.loads(task.payload)


# ---------------------------------------------------------------- submit


async def test_a_payload_is_recorded_as_it_came(speaker: Speaker) -> None:
    answer = await submit(speaker, payload=speaker.bytes(NOTHING))
    (task,) = speaker.service.store.tasks
    assert (task.id, task.payload) == (answer["id"], NOTHING)
    assert (answer["status"], answer["attempt"], answer["batch"]) == ("QUEUED", 0, None)


async def test_plain_arguments_are_pickled_as_a_call(speaker: Speaker) -> None:
    await submit(speaker, args=[1, "two", [3.5]], kwargs={"four": None})
    assert arguments(speaker) == ((1, "two", [3.5]), {"four": None})


CALLS: list[tuple[dict[str, Any], object]] = [
    ({}, ((), {})),
    ({"args": [1]}, ((1,), {})),
    ({"kwargs": {"x": 1}}, ((), {"x": 1})),
]


@pytest.mark.parametrize(("body", "meant"), CALLS)
async def test_what_is_not_said_is_no_argument(
    speaker: Speaker, body: dict[str, Any], meant: object
) -> None:
    await submit(speaker, **body)
    assert arguments(speaker) == meant


async def test_a_large_body_is_read_in_a_thread(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submitting, "LARGE_BYTES", 10)
    await submit(speaker, args=["x" * 100])
    assert arguments(speaker) == (("x" * 100,), {})


async def test_the_answer_says_where_to_look(speaker: Speaker) -> None:
    body = {"function": await speaker.service.register()}
    answer = await speaker.post("/v1/tasks", body)
    task = speaker.read(answer, 202)
    assert answer.headers["location"] == task["links"]["self"]
    assert speaker.read(await speaker.get(task["links"]["self"])) == task
    assert speaker.read(await speaker.get(task["links"]["result"]), 202)["id"] == task["id"]


async def test_options_are_recorded_and_shown(speaker: Speaker) -> None:
    options = {"priority": 0, "delay_s": 1.5, "timeout_s": 30, "retries": 1, "redeliveries": 3}
    answer = await submit(speaker, **options)
    (task,) = speaker.service.store.tasks
    assert (task.priority, task.delay_ms, *task.budget[:3]) == (0, 1500, 1, 3, 30_000)
    assert {name: answer[name] for name in options if name != "delay_s"} == {
        name: value for name, value in options.items() if name != "delay_s"
    }


async def test_a_task_can_be_told_when_to_run(speaker: Speaker) -> None:
    moment = dt.datetime.now(dt.timezone(dt.timedelta(hours=2))) + dt.timedelta(hours=1)
    await submit(speaker, run_at=moment.isoformat())
    (task,) = speaker.service.store.tasks
    assert 3_500_000 < task.delay_ms <= 3_600_000


async def test_a_time_that_has_passed_is_now(speaker: Speaker) -> None:
    await submit(speaker, run_at="2020-01-01T00:00:00Z")
    (task,) = speaker.service.store.tasks
    assert task.delay_ms == 0


async def test_tags_expiry_and_backoff_are_recorded_and_shown(speaker: Speaker) -> None:
    backoff = {"initial_s": 0.5, "factor": 2.0, "max_s": 8.0, "jitter": 0.0}
    expires_at = "2099-01-01T00:00:00.250Z"
    answer = await submit(speaker, tags=["a", "größe"], backoff=backoff, expires_at=expires_at)
    (task,) = speaker.service.store.tasks
    assert (task.tags, task.budget.backoff) == (("a", "größe"), (500, 2.0, 8_000, 0.0))
    assert (answer["tags"], answer["backoff"]) == (["a", "größe"], backoff)
    assert answer["expires_at"] == expires_at
    assert answer["created_at"] <= answer["queued_at"]


async def test_what_a_backoff_does_not_say_is_the_default(speaker: Speaker) -> None:
    answer = await submit(speaker, backoff={"factor": 2})
    assert answer["backoff"] == {"initial_s": 1.0, "factor": 2.0, "max_s": 16.0, "jitter": 0.2}


async def test_a_task_can_be_told_how_long_it_is_wanted(speaker: Speaker) -> None:
    await submit(speaker, expires_in_s=60)
    (task,) = speaker.service.store.tasks
    left_ms = task.expires_at_ms - dt.datetime.now(dt.UTC).timestamp() * 1000
    assert 50_000 < left_ms <= 60_000


async def test_what_was_wanted_only_in_the_past_is_never_started(speaker: Speaker) -> None:
    answer = await submit(speaker, expires_at="1960-01-01T00:00:00Z")
    assert answer["expires_at"].startswith("1970-01-01")


async def test_a_request_with_times_is_repeated_by_its_key(speaker: Speaker) -> None:
    body = {"function": await speaker.service.register(), "expires_in_s": 60}
    body["run_at"] = "2099-01-01T00:00:00Z"
    first, again = [
        speaker.read(await speaker.post("/v1/tasks", body, **{"Idempotency-Key": "k"}), 202)
        for _ in range(2)
    ]
    assert first["id"] == again["id"]


async def test_a_batch_says_what_holds_for_its_tasks(speaker: Speaker) -> None:
    tasks: list[dict[str, Any]] = [
        {},
        {"tags": ["own"], "expires_at": "2098-01-01T00:00:00Z"},
        {"delay_s": 3, "backoff": {"jitter": 0}},
    ]
    shared = {"tags": ["all"], "expires_at": "2099-01-01T00:00:00Z", "backoff": {"initial_s": 2}}
    body = {"function": await speaker.service.register(), "tasks": tasks, **shared}
    speaker.read(await speaker.post("/v1/batches", body), 202)
    recorded = speaker.service.store.tasks
    assert [task.tags for task in recorded] == [("all",), ("own",), ("all",)]
    assert [task.delay_ms for task in recorded] == [0, 0, 3000]
    first, second, third = [task.expires_at_ms for task in recorded]
    assert second < first == third
    backoffs = [(task.budget.backoff.initial_ms, task.budget.backoff.jitter) for task in recorded]
    assert backoffs == [(2000, 0.2), (2000, 0.2), (1000, 0.0)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"tags": ["x"] * 21},
        {"tags": [""]},
        {"tags": ["a\u0007"]},
        {"tags": "x"},
        {"expires_at": "2030-01-01T00:00:00Z", "expires_in_s": 5},
        {"expires_in_s": 0},
        {"backoff": {"factor": 0.5}},
        {"backoff": {"jitter": 2}},
        {"backoff": []},
        {"payload": "gARLKi4=", "args": []},
        {"payload": "gARLKi4=", "kwargs": {}},
        {"args": None},
        {"args": {}},
        {"kwargs": []},
        {"delay_s": 1, "run_at": "2030-01-01T00:00:00Z"},
        {"run_at": "2030-01-01T00:00:00"},
        {"run_at": 5},
        {"run_at": "9999-12-31T23:59:59-12:00"},
        {"expires_at": "9999-12-31T23:59:59-12:00"},
        {"priority": 3},
        {"retires": 5},
        {"backoff": {"inital_s": 1}},
        {"function": ""},
        {"function": None},
    ],
)
async def test_a_body_that_does_not_fit_is_422(speaker: Speaker, wrong: dict[str, Any]) -> None:
    json = Speaker(speaker.service, JSON)
    body = {"function": await speaker.service.register(), **wrong}
    assert problem_of(await json.post("/v1/tasks", body), 422) == "does-not-fit"
    assert speaker.service.store.tasks == []


@pytest.mark.parametrize(
    ("payload", "function", "status", "kind"),
    [
        (b"rubbish", None, 400, "invalid-payload"),
        (NOTHING, UNKNOWN, 404, "not-found"),
        (bytes(LIMIT_BYTES + 1), None, 413, "too-large"),
    ],
)
async def test_what_cannot_be_run_is_refused(
    speaker: Speaker, payload: bytes, function: str | None, status: int, kind: str
) -> None:
    function = function or await speaker.service.register()
    body = {"function": function, "payload": speaker.bytes(payload)}
    assert problem_of(await speaker.post("/v1/tasks", body), status) == kind


async def test_the_same_request_with_the_same_key_is_the_same_task(speaker: Speaker) -> None:
    body = {"function": await speaker.service.register(), "args": [1]}
    key = {"Idempotency-Key": "k"}
    first, again = [
        speaker.read(await speaker.post("/v1/tasks", body, **key), 202) for _ in range(2)
    ]
    assert first["id"] == again["id"]
    other = await speaker.post("/v1/tasks", {**body, "args": [2]}, **key)
    assert problem_of(other, 422) == "key-reused"


# ---------------------------------------------------------------- look, cancel


async def test_a_task_shows_how_it_came_along(speaker: Speaker) -> None:
    task = await submit(speaker)
    await speaker.service.store.run_next(Success(b"result"))
    shown = speaker.read(await speaker.get(task["links"]["self"]))
    assert (shown["status"], shown["attempt"], shown["worker"]) == ("COMPLETED", 1, "worker")
    assert shown["function"] == {"id": task["function"]["id"], "name": "f", "version": 1}
    moments = [dt.datetime.fromisoformat(shown[f"{each}_at"]) for each in ("created", "started")]
    assert moments == sorted(moments)
    assert shown["finished_at"].endswith("Z")


async def test_whoever_waits_for_a_task_is_told_once_it_has_ended(speaker: Speaker) -> None:
    path = (await submit(speaker))["links"]["self"]
    waiting = asyncio.create_task(speaker.get(f"{path}?wait=30"))
    await asyncio.wait([waiting], timeout=0.05)
    assert not waiting.done()
    await speaker.service.store.run_next(Success(b"result"))
    assert speaker.read(await waiting)["status"] == "COMPLETED"


async def test_an_unknown_task_is_404(speaker: Speaker) -> None:
    for path in (f"/v1/tasks/{UNKNOWN}", f"/v1/tasks/{UNKNOWN}?wait=30"):
        assert problem_of(await speaker.get(path), 404) == "not-found"
    answer = await speaker.post(f"/v1/tasks/{UNKNOWN}/cancel")
    assert problem_of(answer, 404) == "not-found"


async def test_a_queued_task_that_is_cancelled_never_starts(speaker: Speaker) -> None:
    path = (await submit(speaker))["links"]["cancel"]
    headers = {"accept": speaker.media_type}
    first = speaker.read(await speaker.post(path, **headers))
    assert first == {"id": path.split("/")[3], "outcome": "prevented"}
    again = speaker.read(await speaker.post(path, **headers))
    assert again == first


async def test_a_running_task_that_is_cancelled_is_being_stopped(speaker: Speaker) -> None:
    path = (await submit(speaker))["links"]["cancel"]
    await speaker.service.store.run_next()
    answer = await speaker.post(path, accept=speaker.media_type)
    assert speaker.read(answer, 202)["outcome"] == "stopping"


# ---------------------------------------------------------------- values


@pytest.mark.parametrize("value", [42, None, "text", [1, {"a": [True]}]], ids=repr)
async def test_in_json_a_plain_result_has_its_value_beside_the_payload(
    speaker: Speaker, value: object
) -> None:
    path = (await submit(speaker))["links"]["result"]
    await speaker.service.store.run_next(Success(pickle.dumps(value)))
    body = speaker.read(await speaker.get(path))
    assert body["payload"] == speaker.bytes(pickle.dumps(value))
    if speaker.media_type == JSON:
        assert body["value"] == value
    else:
        assert "value" not in body


@pytest.mark.parametrize("value", [b"bytes", {1}, float("nan"), {1: 2}], ids=repr)
async def test_any_other_result_has_no_value(speaker: Speaker, value: object) -> None:
    path = (await submit(speaker))["links"]["result"]
    await speaker.service.store.run_next(Success(pickle.dumps(value)))
    assert "value" not in speaker.read(await speaker.get(path))


async def test_results_of_a_batch_have_their_values_in_json(speaker: Speaker) -> None:
    function = await speaker.service.register()
    body = {"function": function, "tasks": [{"args": [1], "kwargs": {"x": 2}}]}
    batch = speaker.read(await speaker.post("/v1/batches", body), 202)
    assert arguments(speaker) == ((1,), {"x": 2})
    await speaker.service.store.run_next(Success(pickle.dumps(42)))
    (item,) = speaker.read(await speaker.get(batch["links"]["results"]))["items"]
    assert item.get("value") == (42 if speaker.media_type == JSON else None)
