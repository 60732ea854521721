"""Workers and queues under /v1."""

from typing import Any

import pytest

from gofer.domain.function import Environment
from gofer.domain.identifiers import TaskId, WorkerId
from gofer.domain.ports import Sighting, WorkerState
from tests.unit.entrypoints.rest.v1.speaking import UNKNOWN, Speaker, problem_of

SEEN = Sighting(
    id=WorkerId("host-1"),
    incarnation="first",
    host="host",
    pid=1,
    environment=Environment("cpython", (3, 11), "0.4.0"),
    slots=4,
    in_hand=2,
    running=(TaskId(UNKNOWN),),
    state=WorkerState.READY,
    connected_ago_ms=5_000,
    seen_ago_ms=10,
)


async def submit(speaker: Speaker, **body: Any) -> dict[str, Any]:
    """Submit one task; return the answer's body."""
    body = {"function": await speaker.service.register(), **body}
    return speaker.read(await speaker.post("/v1/tasks", body), 202)


async def post(speaker: Speaker, path: str, status: int = 200) -> dict[str, Any]:
    """Send a request without a body; return the answer's."""
    return speaker.read(await speaker.post(path, accept=speaker.media_type), status)


async def test_workers_are_listed_and_shown(speaker: Speaker) -> None:
    assert speaker.read(await speaker.get("/v1/workers"))["items"] == []
    await speaker.service.store.workers.muster("dispatcher", "push", [SEEN])
    (worker,) = speaker.read(await speaker.get("/v1/workers"))["items"]
    assert (worker["id"], worker["mode"], worker["slots"]) == ("host-1", "push", 4)
    assert (worker["state"], worker["running"], worker["in_hand"]) == ("ready", [UNKNOWN], 2)
    assert worker["environment"]["python"] == "3.11"
    assert worker["connected_at"] < worker["seen_at"]
    assert speaker.read(await speaker.get(worker["links"]["self"])) == worker


async def test_a_worker_is_drained(speaker: Speaker) -> None:
    await speaker.service.store.workers.muster("dispatcher", "push", [SEEN])
    worker = await post(speaker, "/v1/workers/host-1/drain", 202)
    assert worker["state"] == "draining"
    wished = await speaker.service.store.workers.muster("dispatcher", "push", [SEEN])
    assert wished == {"host-1"}
    (listed,) = speaker.read(await speaker.get("/v1/workers"))["items"]
    assert listed["state"] == "ready"  # until its dispatcher says that it drains it
    worker = await post(speaker, worker["links"]["undrain"], 202)
    assert worker["state"] == "ready"
    assert not await speaker.service.store.workers.muster("dispatcher", "push", [SEEN])


async def test_a_worker_that_is_not_there_is_404(speaker: Speaker) -> None:
    assert problem_of(await speaker.get("/v1/workers/nobody"), 404) == "not-found"
    assert problem_of(await speaker.post("/v1/workers/nobody/drain"), 404) == "not-found"
    assert problem_of(await speaker.get("/v1/workers/no body"), 400) == "invalid-identifier"


async def test_queues_say_what_waits(speaker: Speaker) -> None:
    await submit(speaker, priority=2)
    await submit(speaker, delay_s=60)
    body = speaker.read(await speaker.get("/v1/queues"))
    assert [(each["priority"], each["depth"]) for each in body["items"]] == [(0, 0), (1, 0), (2, 1)]
    assert body["items"][0]["oldest_age_s"] is None
    assert 0 <= body["items"][2]["oldest_age_s"] < 60
    assert (body["delayed"], body["running"], body["totals"]["submitted"]) == (1, 0, 2)


async def test_a_queue_is_paused_and_goes_on(speaker: Speaker) -> None:
    paused = await post(speaker, "/v1/queues/1/pause")
    assert (paused["priority"], paused["paused"]) == (1, True)
    assert not (await post(speaker, "/v1/queues/1/resume"))["paused"]


async def test_a_queue_is_purged(speaker: Speaker) -> None:
    task = await submit(speaker)
    assert await post(speaker, "/v1/queues/1/purge") == {"priority": 1, "cancelled": 1}
    shown = speaker.read(await speaker.get(task["links"]["self"]))
    assert shown["status"] == "CANCELLED"


@pytest.mark.parametrize("priority", ["3", "-1", "x", "01", "\u0663"])
async def test_a_priority_that_is_none_is_refused(speaker: Speaker, priority: str) -> None:
    answer = await speaker.post(f"/v1/queues/{priority}/pause")
    assert problem_of(answer, 400) == "invalid-input"
