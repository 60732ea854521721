"""What has been: tasks are found again, their attempts are told, a failed one is tried again."""

import pickle
from typing import Any

import pytest

from gofer.domain.task import Cause, Failure, Success
from tests.unit.entrypoints.rest.v1.speaking import UNKNOWN, Speaker, problem_of

FAILED = Failure(Cause.EXCEPTION, "ValueError", "no", "Traceback ...", output="said\n", run_ms=1500)


async def submit(speaker: Speaker, **body: Any) -> dict[str, Any]:
    """Submit one task; return the answer's body."""
    body = {"function": await speaker.service.register(), **body}
    return speaker.read(await speaker.post("/v1/tasks", body), 202)


async def listed(speaker: Speaker, query: str = "") -> list[str]:
    """Return the ids of the tasks that a query finds."""
    page = speaker.read(await speaker.get(f"/v1/tasks{query}"))
    return [task["id"] for task in page["items"]]


async def test_tasks_are_listed_with_the_newest_first(speaker: Speaker) -> None:
    ids = [(await submit(speaker))["id"] for _ in range(3)]
    assert await listed(speaker) == sorted(ids, reverse=True)
    shown = speaker.read(await speaker.get("/v1/tasks?limit=1"))["items"][0]
    assert shown == speaker.read(await speaker.get(shown["links"]["self"]))


async def test_pages_follow_one_another_to_the_last(speaker: Speaker) -> None:
    ids = [(await submit(speaker))["id"] for _ in range(5)]
    seen: list[str] = []
    query = "?limit=2"
    while True:
        page = speaker.read(await speaker.get(f"/v1/tasks{query}"))
        seen += [task["id"] for task in page["items"]]
        if page["next_cursor"] is None:
            break
        query = f"?limit=2&cursor={page['next_cursor']}"
    assert seen == sorted(ids, reverse=True)


async def test_tasks_are_found_by_what_is_known_of_them(speaker: Speaker) -> None:
    done = (await submit(speaker, tags=["red"]))["id"]
    await speaker.service.store.run_next(Success(pickle.dumps(1)))
    other = await submit(speaker, tags=["red", "blue"])
    assert await listed(speaker, "?status=COMPLETED") == [done]
    both = sorted([other["id"], done], reverse=True)
    assert await listed(speaker, "?status=COMPLETED,QUEUED") == both
    assert await listed(speaker, "?status=COMPLETED&status=QUEUED") == both
    assert await listed(speaker, "?tag=blue") == [other["id"]]
    assert await listed(speaker, f"?function={other['function']['id']}") == [other["id"]]
    assert await listed(speaker, "?worker=worker") == [done]
    assert await listed(speaker, "?worker=nobody") == []


@pytest.mark.parametrize(
    ("query", "status", "kind"),
    [
        ("status=ASLEEP", 400, "invalid-input"),
        ("status=", 400, "invalid-input"),
        ("limit=0", 400, "invalid-input"),
        ("limit=1001", 400, "invalid-input"),
        ("cursor=x", 400, "invalid-identifier"),
        ("function=nobody", 404, "not-found"),
    ],
)
async def test_a_query_that_means_nothing_is_refused(
    speaker: Speaker, query: str, status: int, kind: str
) -> None:
    assert problem_of(await speaker.get(f"/v1/tasks?{query}"), status) == kind


async def test_a_failed_task_is_tried_again_under_its_id(speaker: Speaker) -> None:
    task = await submit(speaker)
    await speaker.service.store.run_next(FAILED)
    answer = await speaker.post(task["links"]["retry"], accept=speaker.media_type)
    again = speaker.read(answer, 202)
    assert (again["id"], again["status"], again["attempt"]) == (task["id"], "QUEUED", 1)
    assert answer.headers["location"] == task["links"]["self"]


async def test_a_task_that_has_not_failed_is_not_tried_again(speaker: Speaker) -> None:
    task = await submit(speaker)
    assert problem_of(await speaker.post(task["links"]["retry"]), 409) == "not-failed"
    answer = await speaker.post(f"/v1/tasks/{UNKNOWN}/retry")
    assert problem_of(answer, 404) == "not-found"


async def test_a_cancelled_task_is_tried_again_and_one_that_completed_is_not(
    speaker: Speaker,
) -> None:
    task = await submit(speaker)
    await speaker.post(task["links"]["cancel"])
    answer = await speaker.post(task["links"]["retry"], accept=speaker.media_type)
    assert speaker.read(answer, 202)["status"] == "QUEUED"
    await speaker.service.store.run_next(Success(pickle.dumps(1)))
    assert problem_of(await speaker.post(task["links"]["retry"]), 409) == "not-failed"


async def test_a_batch_counts_a_retried_task_anew_and_tells_its_next_result(
    speaker: Speaker,
) -> None:
    batch = await speaker.submit(2)
    await speaker.service.store.run_next(FAILED)
    await speaker.service.store.run_next(Success(pickle.dumps(1)))
    results = batch["links"]["results"]
    first = speaker.read(await speaker.get(results))
    assert ([item["position"] for item in first["items"]], first["done"]) == ([1, 2], True)
    await speaker.post(f"/v1/tasks/{batch['tasks'][0]['id']}/retry")
    stands = speaker.read(await speaker.get(batch["links"]["self"]))
    assert (stands["waiting"], stands["failed"], stands["done"]) == (1, 0, False)
    behind = f"{results}?cursor={first['next_cursor']}"
    assert not speaker.read(await speaker.get(behind))["done"]
    await speaker.service.store.run_next(Success(pickle.dumps(2)))
    last = speaker.read(await speaker.get(behind))
    assert [(item["position"], item["status"]) for item in last["items"]] == [(1, "COMPLETED")]
    assert last["done"]
    whole = speaker.read(await speaker.get(results))
    assert [item["position"] for item in whole["items"]] == [2, 1]
    stands = speaker.read(await speaker.get(batch["links"]["self"]))
    assert (stands["completed"], stands["failed"], stands["done"]) == (2, 0, True)


async def test_every_attempt_is_told_with_its_evidence(speaker: Speaker) -> None:
    links = (await submit(speaker))["links"]
    assert speaker.read(await speaker.get(links["attempts"])) == {"items": []}
    await speaker.service.store.run_next(FAILED)
    await speaker.post(links["retry"])
    await speaker.service.store.run_next(Success(pickle.dumps(1), peak_rss_kb=7, run_ms=250))
    first, second = speaker.read(await speaker.get(links["attempts"]))["items"]
    assert (first["number"], first["outcome"], first["run_s"]) == (1, "failed", 1.5)
    assert (first["error"]["type"], first["output"]) == ("ValueError", "said\n")
    assert (second["number"], second["outcome"], second["worker"]) == (2, "completed", "worker")
    assert (second["peak_rss_kb"], second["run_s"], second["error"]) == (7, 0.25, None)
    assert first["queued_at"] <= first["started_at"] <= first["finished_at"]
    assert first["queued_s"] >= 0
    answer = await speaker.get(f"/v1/tasks/{UNKNOWN}/attempts")
    assert problem_of(answer, 404) == "not-found"
