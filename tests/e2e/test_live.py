"""What is seen of tasks that run and of workers, through the whole system."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gofer.adapters.redis.store import RedisStore
from gofer.domain.identifiers import TaskId
from gofer.domain.output import Progress
from gofer.domain.outputs import LogPage, Outputs
from tests.support.system import MODES, REMOTE_MODES, System
from tests.support.waiting import wait_until


def talking() -> Callable[[str], str]:
    """Return a function that can be sent: it does not belong to this module."""

    def talks(until: str) -> str:
        """Print and say how far it is, wait until a file is there, and print once more."""
        import time  # noqa: PLC0415
        from pathlib import Path  # noqa: PLC0415

        import gofer  # noqa: PLC0415

        print("begun, größe")  # noqa: T201
        gofer.progress(1, 2, note="half")
        while not Path(until).exists():
            time.sleep(0.02)
        gofer.progress(2, 2, note="done")
        print("ended")  # noqa: T201
        return "told"

    return talks


async def page_with(outputs: Outputs, task_id: TaskId, text: str) -> LogPage:
    """Follow a task, by its revision alone, until it has shown a text."""
    revision = 0
    async with asyncio.timeout(20):
        while True:
            page = await outputs.logs(task_id)
            if text in page.text:
                return page
            assert not page.done, page
            revision = await outputs.wait(task_id, revision, 5.0)


@pytest.mark.parametrize("mode", MODES)
async def test_a_running_task_is_followed_to_its_end(
    system: System, tmp_path: Path, mode: str
) -> None:
    system.start_all(mode)
    caller = system.caller()
    release = tmp_path / "release"
    task_id = TaskId(caller.submit(talking(), str(release)))
    store = RedisStore.from_url(system.store_url)
    try:
        outputs = Outputs(store, store.output, store.history)
        page = await page_with(outputs, task_id, "begun, größe\n")
        assert not page.done
        assert await outputs.progress(task_id) == Progress(1.0, 2.0, "half")
        release.touch()
        ending = await asyncio.to_thread(caller.ending, task_id)
        assert ending.value == "told"
        rest = await outputs.logs(task_id, after=page.next_offset)
        assert (rest.text, rest.done) == ("ended\n", True)
        assert await outputs.progress(task_id) == Progress(2.0, 2.0, "done")
    finally:
        await store.close()


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_a_worker_that_is_drained_finishes_and_gets_nothing_more(
    system: System, tmp_path: Path, mode: str
) -> None:
    system.start_all(mode, slots=1)
    caller = system.caller()
    release = tmp_path / "release"

    def workers() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = caller.ask("GET", "/v1/workers").json()["items"]
        return items

    running = caller.submit(talking(), str(release))
    wait_until(lambda: [w["running"] for w in workers()] == [[running]], "the task is shown")
    (worker,) = workers()
    assert (worker["mode"], worker["slots"], worker["state"]) == (mode, 1, "ready")
    answer = caller.ask("POST", f"/v1/workers/{worker['id']}/drain")
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "draining"
    wait_until(lambda: [w["state"] for w in workers()] == ["draining"], "it is shown so")
    waiting = caller.submit(len, "four")
    release.touch()
    assert caller.ending(running).value == "told"
    assert caller.status(waiting) == "QUEUED"
    system.start_worker(mode)
    assert caller.ending(waiting).value == 4
    both = ["draining", "ready"]
    wait_until(lambda: sorted(w["state"] for w in workers()) == both, "the new one is shown")
