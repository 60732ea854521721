"""What /v1 tells of tasks that run, or wait, or were given up: workers, progress, times."""

from dataclasses import replace

import pytest

from gofer.domain.identifiers import TaskId
from gofer.domain.output import Piece, Progress
from gofer.domain.ports import Completion
from gofer.domain.task import Cause, Failure, Success
from gofer.entrypoints.rest.v1 import tasks
from gofer.entrypoints.rest.v1.outcomes import error_of
from gofer.entrypoints.rest.v1.times import at
from tests.support.web import OURS
from tests.unit.entrypoints.rest.v1.speaking import Speaker
from tests.unit.entrypoints.rest.v1.test_operations import SEEN, submit


async def test_a_running_task_shows_its_worker_and_its_progress_alone_and_in_lists(
    speaker: Speaker,
) -> None:
    store = speaker.service.store
    task = await submit(speaker)
    (leased,) = (await store.claim("dispatcher", "token", OURS, 60_000)).tasks
    await store.start([leased.attempt])
    await store.output.show([Piece(leased.attempt, 0, b"", Progress(3, 4, "steps"))])
    seen = replace(SEEN, running=(TaskId(task["id"]),))
    await store.workers.muster("dispatcher", "push", [seen])
    alone = speaker.read(await speaker.get(task["links"]["self"]))
    (listed,) = speaker.read(await speaker.get("/v1/tasks?status=RUNNING"))["items"]
    assert alone == listed
    assert alone["worker"] == "host-1"
    assert alone["progress"] == {"done": 3.0, "total": 4.0, "note": "steps"}


async def test_a_task_that_lasted_still_shows_its_last_progress_once_it_has_ended(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = speaker.service.store
    task = await submit(speaker)
    (leased,) = (await store.claim("dispatcher", "token", OURS, 60_000)).tasks
    await store.start([leased.attempt], [SEEN.id])
    await store.output.show([Piece(leased.attempt, 0, b"", Progress(4, 4, "all"))])
    await store.complete([Completion(leased.attempt, SEEN.id, Success(b"result"))])
    monkeypatch.setattr(tasks, "PROGRESS_LEAST_MS", 0)
    shown = speaker.read(await speaker.get(task["links"]["self"]))
    assert shown["progress"] == {"done": 4.0, "total": 4.0, "note": "all"}
    monkeypatch.setattr(tasks, "PROGRESS_LEAST_MS", 1e9)
    shown = speaker.read(await speaker.get(task["links"]["self"]))
    assert (shown["progress"], shown["worker"]) == (None, SEEN.id)


async def test_a_running_task_that_no_worker_names_has_none(speaker: Speaker) -> None:
    task = await submit(speaker)
    await speaker.service.store.run_next()
    shown = speaker.read(await speaker.get(task["links"]["self"]))
    assert (shown["status"], shown["worker"], shown["progress"]) == ("RUNNING", None, None)


async def test_an_explanation_has_its_times_as_all_others_are(speaker: Speaker) -> None:
    task = await submit(speaker, delay_s=60, expires_in_s=120)
    (stored,) = speaker.service.store.tasks
    told = speaker.read(await speaker.get(task["links"]["explain"]))
    reasons = {each["code"]: each for each in told["reasons"]}
    shown = speaker.read(await speaker.get(task["links"]["self"]))
    assert reasons["delayed"]["due_at"] == shown["run_at"]
    assert reasons["expires"]["expires_at"] == at(stored.expires_at_ms) == shown["expires_at"]
    assert not [name for each in told["reasons"] for name in each if name.endswith("_ms")]


@pytest.mark.parametrize("cause", [Cause.EXPIRED, Cause.CANCELLED])
def test_what_has_expired_or_was_cancelled_is_not_to_be_tried_again(cause: Cause) -> None:
    assert not error_of(Failure(cause, "", "")).retryable


@pytest.mark.parametrize(("seen_kb", "told_kb"), [(0, None), (7, 7)])
def test_peak_memory_that_was_not_seen_is_null(seen_kb: int, told_kb: int | None) -> None:
    told = error_of(Failure(Cause.EXCEPTION, "", "", peak_rss_kb=seen_kb))
    assert told.evidence.peak_rss_kb == told_kb
