"""Batches over HTTP: all of one is cancelled, or what no worker has begun."""

from gofer.domain.task import Success
from tests.unit.entrypoints.rest.v1.speaking import Speaker, problem_of


async def test_cancelling_a_batch_ends_what_has_not_ended(speaker: Speaker) -> None:
    batch = (await speaker.submit(4))["id"]
    await speaker.service.store.run_next(Success(b"r"))
    await speaker.service.store.run_next()
    answer = speaker.read(await speaker.post(f"/v1/batches/{batch}/cancel"))
    assert answer == {"id": batch, "prevented": 2, "stopping": 1, "too_late": 1}
    page = speaker.read(await speaker.get(f"/v1/batches/{batch}/results"))
    statuses = sorted(item["status"] for item in page["items"])
    assert statuses == ["CANCELLED"] * 3 + ["COMPLETED"]
    assert page["done"] is True


async def test_a_cancel_may_leave_alone_what_runs(speaker: Speaker) -> None:
    batch = (await speaker.submit(3))["id"]
    await speaker.service.store.run_next()
    answer = await speaker.post(f"/v1/batches/{batch}/cancel?running=false")
    assert speaker.read(answer) == {"id": batch, "prevented": 2, "stopping": 0, "too_late": 1}
    refused = await speaker.post(f"/v1/batches/{batch}/cancel?running=perhaps")
    assert problem_of(refused, 400) == "invalid-input"
