"""The web service never opens a pickle: a canary goes through every route, and stays silent."""

import pickle
import re
import sys
from pathlib import Path
from typing import Any

import httpx

from gofer.adapters.payload import encode_payload
from gofer.adapters.redis.store import RedisStore
from gofer.domain.identifiers import WorkerId
from gofer.domain.ports import Completion, Defeat
from gofer.domain.task import Cause, Failure, Success
from gofer.entrypoints.container import own_environment
from tests.support import audited_service
from tests.support.processes import ProcessRunner

WORKER = WorkerId("worker")
OURS = {own_environment().tag: 1}


class Canary:
    """Its pickle makes a file when it is opened."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self._path), "w")


async def end_next(store: RedisStore, outcome: Success | Failure) -> None:
    """Record the end of the next task, as a dispatcher does."""
    (leased,) = (await store.claim("dispatcher", "token", OURS, 60_000)).tasks
    if isinstance(outcome, Success):
        await store.complete([Completion(leased.attempt, WORKER, outcome)])
    else:
        await store.fail([Defeat(leased.attempt, WORKER, outcome)])


async def test_no_route_opens_a_pickle_that_passes_through_it(
    processes: ProcessRunner, redis_url: str, tmp_path: Path
) -> None:
    egg, log = tmp_path / "hatched", tmp_path / "audit"
    canary = pickle.dumps(Canary(egg))
    service = processes.start(
        [sys.executable, audited_service.__file__, str(log), "api", "--port", "0"],
        name="audited",
        env={"GOFER_STORE": redis_url},
    )
    service.wait_for_log("listens on http")
    found = re.search(r"listens on (http://\S+)", service.log())
    assert found is not None
    text = encode_payload(canary)
    store = RedisStore.from_url(redis_url)
    async with httpx.AsyncClient(base_url=found[1]) as client:
        answer = await client.post("/register_function", json={"name": text, "payload": text[:-4]})
        assert answer.status_code == 400
        answer = await client.post("/register_function", json={"name": "f", "payload": text})
        function = answer.json()
        for outcome in (Success(canary), Failure(Cause.EXCEPTION, "T", "m", exception=canary)):
            answer = await client.post("/execute_function", json={**function, "payload": text})
            task_id = answer.json()["task_id"]
            await end_next(store, outcome)
            assert (await client.get(f"/status/{task_id}")).status_code == 200
            assert (await client.get(f"/result/{task_id}")).json()["result"] == text
        for path in ("/", "/readyz", "/healthz", "/openapi.json"):
            assert (await client.get(path)).status_code == 200
    await store.close()
    assert service.stop() == 0
    assert log.read_text(encoding="utf-8") == "armed.hook\n"
    assert not egg.exists()


def test_the_canary_sings_where_it_is_opened(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Canary(tmp_path / "hatched"))).close()
    assert (tmp_path / "hatched").exists()
