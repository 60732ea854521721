"""Time limits and cancels really stop what runs, C code included, in each mode; and what a task
leaves behind ends with it.
"""

import asyncio
from pathlib import Path

import pytest

from gofer.adapters.redis.store import RedisStore
from gofer.domain.identifiers import TaskId
from gofer.domain.ports import Cancelled
from tests.support import nasty
from tests.support.processes import is_running
from tests.support.system import MODES, System
from tests.support.waiting import wait_until

STUBBORN = ("loop_in_c", "match_for_ever", "ignore_everything", "fork_many")


def stubborn(name: str, folder: str) -> object:
    """Return a function, by value, that notes its process and then does what ``name`` says."""
    function = getattr(nasty, name)
    code, defaults = function.__code__, function.__defaults__

    def note_and_run() -> None:
        import os  # noqa: PLC0415
        from pathlib import Path  # noqa: PLC0415
        from types import FunctionType  # noqa: PLC0415

        Path(folder, str(os.getpid())).touch()
        run = FunctionType(code, {"__builtins__": __builtins__}, name, defaults)
        run(folder) if code.co_argcount else run()

    return note_and_run


def family_in(folder: Path) -> list[int]:
    return [int(file.name) for file in folder.iterdir()]


async def cancelled(url: str, task_id: str) -> list[Cancelled]:
    store = RedisStore.from_url(url)
    try:
        return await store.cancel([TaskId(task_id)])
    finally:
        await store.close()


@pytest.mark.parametrize("name", STUBBORN)
@pytest.mark.parametrize("mode", MODES)
def test_a_cancel_ends_a_task_whatever_it_does(
    system: System, tmp_path: Path, mode: str, name: str
) -> None:
    system.start_all(mode, slots=1)
    caller = system.caller()
    task_id = caller.submit(stubborn(name, str(tmp_path)))
    grown = 22 if name == "fork_many" else 1
    wait_until(lambda: len(family_in(tmp_path)) >= grown, "it has begun", 20)
    assert asyncio.run(cancelled(system.store_url, task_id)) == [Cancelled.STOPPING]
    wait_until(lambda: not any(map(is_running, family_in(tmp_path))), "nothing of it is left", 20)
    assert caller.ending(task_id).status == "FAILED"  # as the original contract shows a cancel
    assert caller.ending(caller.submit(len, "four")).value == 4


@pytest.mark.parametrize("mode", MODES)
def test_a_time_limit_ends_a_task_whatever_it_does(
    system: System, tmp_path: Path, mode: str
) -> None:
    system.start_all(mode, "-t", "1.5", slots=2)
    caller = system.caller()
    folders = {name: tmp_path / name for name in STUBBORN}
    for folder in folders.values():
        folder.mkdir()
    tasks = [caller.submit(stubborn(name, str(folder))) for name, folder in folders.items()]
    for ending in caller.endings(tasks, timeout=40):
        assert ending.status == "FAILED"
        assert type(ending.value) is TimeoutError
    family = [pid for folder in folders.values() for pid in family_in(folder)]
    assert len(family) >= len(STUBBORN)
    wait_until(lambda: not any(map(is_running, family)), "nothing of them is left", 20)
    assert caller.ending(caller.submit(len, "four")).value == 4
