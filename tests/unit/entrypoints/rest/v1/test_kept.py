"""How long tasks and their results can be asked for, and what is said afterwards."""

from http import HTTPStatus
from typing import Any

import httpx

from gofer.domain.task import Success
from tests.support.original_client import dumps
from tests.support.waiting import wait_until_async
from tests.support.web import WebStore, web
from tests.unit.entrypoints.rest.v1.speaking import JSON, UNKNOWN, Speaker, problem_of

BRIEF_S = 0.001


async def gone(speaker: Speaker, path: str) -> httpx.Response:
    """Return the answer of a path once it is 410."""

    async def answered() -> bool:
        return (await speaker.get(path)).status_code == HTTPStatus.GONE

    await wait_until_async(answered, f"{path} is gone")
    return await speaker.get(path)


async def function(speaker: Speaker, **defaults: object) -> str:
    body = {"name": "a", "bytecode": speaker.bytes(dumps(abs)), "defaults": defaults}
    return str(speaker.read(await speaker.post("/v1/functions", body), 201)["id"])


async def submitted(speaker: Speaker, **options: object) -> dict[str, Any]:
    answer = await speaker.post("/v1/tasks", {"args": [1], **options}, accept=speaker.media_type)
    return speaker.read(answer, 202)


async def test_a_result_that_is_kept_no_longer_is_410_and_its_task_is_still_there(
    speaker: Speaker,
) -> None:
    task = await submitted(speaker, function=await function(speaker), result_ttl_s=BRIEF_S)
    await speaker.service.store.run_next(Success(b"result"))
    answer = await gone(speaker, task["links"]["result"])
    assert problem_of(answer, 410) == "gone"
    assert "kept for 0.001 s" in answer.json()["detail"]
    shown = speaker.read(await speaker.get(task["links"]["self"]))
    assert (shown["status"], shown["result_ttl_s"]) == ("COMPLETED", BRIEF_S)
    explained = speaker.read(await speaker.get(task["links"]["explain"]))
    assert explained["status"] == "COMPLETED"
    original = await speaker.service.client.get(f"/result/{task['id']}")
    assert original.status_code == httpx.codes.NOT_FOUND


async def test_a_function_says_how_long_results_are_kept_and_a_task_knows_better(
    speaker: Speaker,
) -> None:
    named = await function(speaker, result_ttl_s=60)
    assert (await submitted(speaker, function=named))["result_ttl_s"] == 60
    assert (await submitted(speaker, function=named, result_ttl_s=5))["result_ttl_s"] == 5


async def test_tasks_of_a_batch_have_the_time_of_the_batch_or_their_own(speaker: Speaker) -> None:
    body = {
        "function": await function(speaker, result_ttl_s=60),
        "tasks": [{"args": [1]}, {"args": [2], "result_ttl_s": BRIEF_S}],
        "result_ttl_s": 7,
    }
    batch = speaker.read(await speaker.post("/v1/batches", body), 202)
    links = [f"/v1/tasks/{task['id']}" for task in batch["tasks"]]
    shown = [speaker.read(await speaker.get(link)) for link in links]
    assert [each["result_ttl_s"] for each in shown] == [7, BRIEF_S]
    for _ in links:
        await speaker.service.store.run_next(Success(b"result"))
    await gone(speaker, f"{links[1]}/result")
    page = speaker.read(await speaker.get(batch["links"]["results"]))
    assert [item["status"] for item in page["items"]] == ["COMPLETED", "FORGOTTEN"]
    assert page["done"]


async def test_a_task_that_is_forgotten_is_410_for_a_while_and_one_that_never_was_is_404() -> None:
    async with web(WebStore(retention_ms=2_000)) as service:
        speaker = Speaker(service, JSON)
        task = await submitted(speaker, function=await function(speaker))
        await service.store.run_next(Success(b"result"))
        answer = await gone(speaker, task["links"]["self"])
        assert problem_of(answer, 410) == "gone"
        for name in ("result", "attempts", "explain", "logs"):
            answer = await speaker.get(task["links"][name])
            assert problem_of(answer, 410) == "gone"
        for name in ("cancel", "retry"):
            assert problem_of(await speaker.post(task["links"][name]), 410) == "gone"
        assert problem_of(await speaker.get(f"/v1/tasks/{UNKNOWN}"), 404) == "not-found"
        for name in ("status", "result"):
            original = await service.client.get(f"/{name}/{task['id']}")
            assert original.status_code == httpx.codes.NOT_FOUND
