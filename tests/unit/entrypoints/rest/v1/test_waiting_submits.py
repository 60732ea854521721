"""``POST /v1/tasks?wait=``: what came of a task is the answer to the request that submits it."""

import asyncio
import pickle

from gofer.domain.task import Success
from tests.unit.entrypoints.rest.v1.speaking import NOTHING, Speaker


async def test_whoever_waits_for_a_task_gets_what_came_of_it(speaker: Speaker) -> None:
    body = {"function": await speaker.service.register(), "payload": speaker.bytes(NOTHING)}
    waiting = asyncio.create_task(speaker.post("/v1/tasks?wait=30", body))
    await asyncio.wait([waiting], timeout=0.05)
    await speaker.service.store.run_next(Success(pickle.dumps(3)))
    answer = speaker.read(await waiting)
    assert (answer["status"], answer["payload"]) == ("COMPLETED", speaker.bytes(pickle.dumps(3)))


async def test_a_task_that_takes_longer_than_is_waited_is_the_answer(speaker: Speaker) -> None:
    body = {"function": await speaker.service.register(), "payload": speaker.bytes(NOTHING)}
    answer = await speaker.post("/v1/tasks?wait=0.01", body)
    task = speaker.read(answer, 202)
    assert answer.headers["location"] == task["links"]["self"]
    assert task["status"] == "QUEUED"
