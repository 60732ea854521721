"""One task's outcome under /v1, at once or waited for."""

import asyncio

import pytest

from gofer.domain.task import Cause, Failure, Success
from gofer.entrypoints.rest.v1 import tasks
from tests.unit.entrypoints.rest.v1.speaking import UNKNOWN, Speaker, problem_of


async def submitted(speaker: Speaker) -> str:
    """Submit a task by the original route; return where its result is found."""
    service = speaker.service
    return f"/v1/tasks/{await service.execute(await service.register())}/result"


async def test_a_task_that_has_not_ended_is_202_and_says_when_to_come_again(
    speaker: Speaker,
) -> None:
    path = await submitted(speaker)
    answer = await speaker.get(path)
    assert speaker.read(answer, 202)["status"] == "QUEUED"
    assert answer.headers["retry-after"] == "1"
    assert path.split("/")[3] == speaker.read(answer, 202)["id"]


async def test_a_task_that_has_ended_gives_its_result(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await submitted(speaker)
    await speaker.service.store.run_next(Success(b"result"))
    body = speaker.read(await speaker.get(path))
    assert (body["status"], body["payload"]) == ("COMPLETED", speaker.bytes(b"result"))
    assert "error" not in body
    monkeypatch.setattr(tasks, "LARGE_RESULT_BYTES", 1)
    assert speaker.read(await speaker.get(path)) == body


async def test_that_a_function_raised_is_no_error_of_http(speaker: Speaker) -> None:
    path = await submitted(speaker)
    await speaker.service.store.run_next(Failure(Cause.WORKER_LOST, "WorkerLost", "gone"))
    body = speaker.read(await speaker.get(path))
    assert body["status"] == "FAILED"
    assert (body["error"]["cause"], body["error"]["retryable"]) == ("worker_lost", True)
    assert "payload" not in body


async def test_whoever_waits_is_answered_as_soon_as_the_task_has_ended(speaker: Speaker) -> None:
    path = await submitted(speaker)
    waiting = asyncio.create_task(speaker.get(f"{path}?wait=30"))
    await asyncio.wait([waiting], timeout=0.05)
    assert not waiting.done()
    await speaker.service.store.run_next(Success(b"result"))
    assert speaker.read(await waiting)["payload"] == speaker.bytes(b"result")


async def test_whoever_has_waited_long_enough_is_told_202(speaker: Speaker) -> None:
    path = await submitted(speaker)
    assert speaker.read(await speaker.get(f"{path}?wait=0.01"), 202)["status"] == "QUEUED"


async def test_an_unknown_task_is_404_without_a_wait(speaker: Speaker) -> None:
    answer = await speaker.get(f"/v1/tasks/{UNKNOWN}/result?wait=30")
    assert problem_of(answer, 404) == "not-found"


async def test_an_id_that_is_none_is_400(speaker: Speaker) -> None:
    assert problem_of(await speaker.get("/v1/tasks/x/result"), 400) == "invalid-identifier"
