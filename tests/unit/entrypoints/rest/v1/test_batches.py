"""Batches over HTTP, in both formats: submit, look, fetch results, cancel."""

import asyncio
from typing import Any

import pytest

from gofer.domain.cursors import START
from gofer.domain.identifiers import batch_of, position_of
from gofer.domain.task import Cause, Failure, Success
from gofer.entrypoints.rest.v1 import batches
from tests.support.web import Web, WebStore, web
from tests.unit.entrypoints.rest.v1.speaking import (
    JSON,
    LIMIT_BYTES,
    MSGPACK,
    NO_BATCH,
    NOTHING,
    UNKNOWN,
    Speaker,
    problem_of,
)

# ---------------------------------------------------------------- submit


async def test_each_task_of_a_batch_is_recorded_and_answered_in_order(speaker: Speaker) -> None:
    answer = await speaker.submit(3)
    ids = [task["id"] for task in answer["tasks"]]
    assert [task["status"] for task in answer["tasks"]] == ["QUEUED"] * 3
    assert ids == [task.id for task in speaker.service.store.tasks]
    assert {batch_of(each) for each in ids} == {answer["id"]}
    assert [position_of(each) for each in ids] == [1, 2, 3]
    assert [task.payload for task in speaker.service.store.tasks] == [NOTHING] * 3
    assert answer["count"] == 3


async def test_the_answer_says_where_to_look(speaker: Speaker) -> None:
    function = await speaker.service.register()
    task = {"payload": speaker.bytes(NOTHING)}
    answer = await speaker.post("/v1/batches", {"function": function, "tasks": [task]})
    links = speaker.read(answer, 202)["links"]
    assert answer.headers["location"] == links["self"]
    assert speaker.read(await speaker.get(links["self"]))["count"] == 1
    assert speaker.read(await speaker.get(links["results"]))["items"] == []


async def test_what_a_task_does_not_say_is_as_the_batch_says(speaker: Speaker) -> None:
    ours, other = await speaker.service.register(), await speaker.service.register()
    payload = speaker.bytes(NOTHING)
    body = {
        "function": ours,
        "priority": 2,
        "delay_s": 1.5,
        "timeout_s": 30,
        "retries": 1,
        "redeliveries": 3,
        "tasks": [
            {"payload": payload},
            {"payload": payload, "function": other, "priority": 0, "delay_s": 0},
            {"payload": payload, "timeout_s": 0.25, "retries": 0},
            {"payload": payload, "redeliveries": 0},
        ],
    }
    speaker.read(await speaker.post("/v1/batches", body), 202)
    tasks = speaker.service.store.tasks
    assert [task.function_id for task in tasks] == [ours, other, ours, ours]
    assert [task.priority for task in tasks] == [2, 0, 2, 2]
    assert [task.delay_ms for task in tasks] == [1500, 0, 1500, 1500]
    budgets = [(b.timeout_ms, b.retries, b.redeliveries) for b in (task.budget for task in tasks)]
    assert budgets == [(30_000, 1, 3), (30_000, 1, 3), (250, 0, 3), (30_000, 1, 0)]


async def test_a_task_that_is_refused_does_not_hold_up_the_others(speaker: Speaker) -> None:
    function = await speaker.service.register()
    payloads = [NOTHING, b"rubbish", NOTHING, bytes(LIMIT_BYTES + 1), NOTHING]
    tasks: list[dict[str, Any]] = [{"payload": speaker.bytes(each)} for each in payloads]
    tasks[2]["function"] = UNKNOWN
    body = {"function": function, "tasks": tasks}
    answer = speaker.read(await speaker.post("/v1/batches", body), 202)
    told = [task.get("status") or task["error"]["type"] for task in answer["tasks"]]
    urn = "urn:gofer:problem:"
    refused = [f"{urn}invalid-payload", f"{urn}not-found", f"{urn}too-large"]
    assert told == ["QUEUED", *refused, "QUEUED"]
    assert answer["count"] == 2
    assert len(speaker.service.store.tasks) == 2


@pytest.mark.parametrize(
    ("payload", "function", "status", "kind"),
    [
        (b"rubbish", None, 400, "invalid-payload"),
        (NOTHING, UNKNOWN, 404, "not-found"),
        (bytes(LIMIT_BYTES + 1), None, 413, "too-large"),
    ],
)
async def test_where_none_is_accepted_the_first_problem_is_the_answer(
    speaker: Speaker, payload: bytes, function: str | None, status: int, kind: str
) -> None:
    function = function or await speaker.service.register()
    body = {"function": function, "tasks": [{"payload": speaker.bytes(payload)}] * 2}
    assert problem_of(await speaker.post("/v1/batches", body), status) == kind


async def test_a_full_queue_is_429_and_says_when_to_come_again() -> None:
    async with web(WebStore(queued_limit=0)) as service:
        speaker = Speaker(service, MSGPACK)
        function = await service.register()
        body = {"function": function, "tasks": [{"payload": NOTHING}]}
        answer = await speaker.post("/v1/batches", body)
    assert problem_of(answer, 429) == "queue-full"
    assert answer.headers["retry-after"] == "1"


async def test_the_same_request_with_the_same_key_is_the_same_batch(speaker: Speaker) -> None:
    function = await speaker.service.register()
    body = {"function": function, "tasks": [{"payload": speaker.bytes(NOTHING)}] * 3}
    key = {"Idempotency-Key": "k"}
    first, again = [
        speaker.read(await speaker.post("/v1/batches", body, **key), 202) for _ in range(2)
    ]
    assert first == again
    assert len(speaker.service.store.tasks) == 3


async def test_the_same_key_with_another_request_is_422(speaker: Speaker) -> None:
    function = await speaker.service.register()
    first, second = [
        await speaker.post(
            "/v1/batches",
            {"function": function, "tasks": [{"payload": speaker.bytes(NOTHING)}] * count},
            **{"Idempotency-Key": "k"},
        )
        for count in (1, 2)
    ]
    assert speaker.read(first, 202)["count"] == 1
    assert problem_of(second, 422) == "key-reused"


async def test_large_bodies_are_read_and_written_in_a_thread(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "LARGE_BYTES", 10)
    answer = await speaker.submit(2)
    await speaker.service.store.run_next(Success(b"r" * 20))
    page = speaker.read(await speaker.get(f"/v1/batches/{answer['id']}/results"))
    assert [item["payload"] for item in page["items"]] == [speaker.bytes(b"r" * 20)]


# ---------------------------------------------------------------- look


async def test_a_batch_tells_how_far_it_has_come(speaker: Speaker) -> None:
    batch = (await speaker.submit(3))["id"]
    await speaker.service.store.run_next(Success(b"r"))
    await speaker.service.store.run_next(Failure(Cause.EXCEPTION, "E", "m"))
    state = speaker.read(await speaker.get(f"/v1/batches/{batch}"))
    counts = {name: state[name] for name in ("count", "waiting", "completed", "failed", "done")}
    assert counts == {"count": 3, "waiting": 1, "completed": 1, "failed": 1, "done": False}
    await speaker.service.store.run_next(Success(b"r"))
    assert speaker.read(await speaker.get(f"/v1/batches/{batch}"))["done"] is True


@pytest.mark.parametrize("what", ["", "/results", "/cancel"])
@pytest.mark.parametrize(
    ("batch", "status", "kind"),
    [
        (NO_BATCH, 404, "not-found"),
        (UNKNOWN, 400, "invalid-identifier"),
        ("x", 400, "invalid-identifier"),
    ],
)
async def test_a_batch_that_is_none_is_told(
    speaker: Speaker, what: str, batch: str, status: int, kind: str
) -> None:
    ask = speaker.post if what == "/cancel" else speaker.get
    assert problem_of(await ask(f"/v1/batches/{batch}{what}"), status) == kind


# ---------------------------------------------------------------- results


async def test_results_come_in_the_order_in_which_tasks_end(speaker: Speaker) -> None:
    answer = await speaker.submit(3)
    store = speaker.service.store
    failure = Failure(Cause.EXCEPTION, "ValueError", "no", "tr", b"pickle", worker="w", attempt=1)
    for outcome in (Success(b"one"), failure, Success(b"three")):
        await store.run_next(outcome)
    page = speaker.read(await speaker.get(f"/v1/batches/{answer['id']}/results"))
    first, second, third = page["items"]
    assert (first["position"], first["status"]) == (1, "COMPLETED")
    assert first["payload"] == speaker.bytes(b"one")
    assert "error" not in first
    assert third["id"] == answer["tasks"][2]["id"]
    assert second["status"] == "FAILED"
    assert "payload" not in second
    evidence = {
        "exit_code": None,
        "signal": None,
        "peak_rss_kb": None,
        "run_ms": 0.0,
        "output": "",
    }
    assert second["error"] == {
        "type": "ValueError",
        "message": "no",
        "traceback": "tr",
        "cause": "exception",
        "retryable": False,
        "attempt": 1,
        "worker": "w",
        "evidence": evidence,
        "exception": speaker.bytes(b"pickle"),
    }
    behind = START.after(item["position"] for item in page["items"])
    assert (page["next_cursor"], page["done"]) == (str(behind), True)


async def test_pages_follow_one_another(speaker: Speaker) -> None:
    batch = (await speaker.submit(5))["id"]
    for number in range(4):
        await speaker.service.store.run_next(Success(b"%d" % number))
    cursor, seen, sizes = "", list[object](), list[int]()
    while True:
        path = f"/v1/batches/{batch}/results?limit=2&cursor={cursor}"
        page = speaker.read(await speaker.get(path))
        seen += [item["position"] for item in page["items"]]
        sizes.append(len(page["items"]))
        assert page["done"] is False
        cursor = page["next_cursor"]
        if not page["items"]:
            break
    assert (seen, sizes) == ([1, 2, 3, 4], [2, 2, 0])
    await speaker.service.store.run_next(Success(b"4"))
    page = speaker.read(await speaker.get(path))
    assert ([item["position"] for item in page["items"]], page["done"]) == ([5], True)


async def test_a_page_leads_back_to_the_start_where_the_store_has_lost_what_was_told(
    speaker: Speaker,
) -> None:
    store = speaker.service.store
    batch = (await speaker.submit(2))["id"]
    path = f"/v1/batches/{batch}/results?wait=30&cursor="
    before = store.snapshot()
    await store.run_next(Success(b"r"))
    cursor = speaker.read(await speaker.get(path))["next_cursor"]
    store.restore(before)
    nothing: dict[str, object] = {"items": [], "next_cursor": "0", "done": False}
    assert speaker.read(await speaker.get(path + cursor)) == nothing
    assert speaker.read(await speaker.get(path + "1&wait=0"))["next_cursor"] == "1"


async def test_whoever_waits_is_answered_when_a_task_ends(speaker: Speaker) -> None:
    batch = (await speaker.submit(2))["id"]
    path = f"/v1/batches/{batch}/results?wait=30"
    waiting = asyncio.create_task(speaker.get(path))
    await asyncio.wait([waiting], timeout=0.05)
    assert not waiting.done()
    await speaker.service.store.run_next(Success(b"r"))
    page = speaker.read(await waiting)
    assert [item["position"] for item in page["items"]] == [1]


async def test_whoever_waits_for_nothing_gets_an_empty_page(speaker: Speaker) -> None:
    batch = (await speaker.submit(1))["id"]
    page = speaker.read(await speaker.get(f"/v1/batches/{batch}/results?wait=0.01"))
    assert page == {"items": [], "next_cursor": "0", "done": False}


async def test_the_end_of_a_batch_is_not_waited_for(speaker: Speaker) -> None:
    batch = (await speaker.submit(1))["id"]
    await speaker.service.store.run_next(Success(b"r"))
    page = speaker.read(await speaker.get(f"/v1/batches/{batch}/results?cursor=1&wait=30"))
    assert page == {"items": [], "next_cursor": "1", "done": True}


@pytest.mark.parametrize(
    "query",
    [
        "wait=-1",
        "wait=nan",
        "wait=inf",
        "wait=x",
        "cursor=-1",
        "cursor=x",
        "cursor=99999999999999999999",
        "limit=0",
        "limit=10001",
        "limit=1.5",
    ],
)
async def test_a_number_that_is_none_is_refused(service: Web, query: str) -> None:
    speaker = Speaker(service, JSON)
    batch = (await speaker.submit(1))["id"]
    answer = await speaker.get(f"/v1/batches/{batch}/results?{query}")
    assert problem_of(answer, 400) == "invalid-input"
