"""Concurrency for real, and systems whose parts come up in any order."""

from pathlib import Path

import pytest

from tests.support.chores import Trace, most_at_once, traced_nap
from tests.support.system import MODES, REMOTE_MODES, System


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    return Trace(tmp_path / "trace")


@pytest.mark.parametrize("mode", MODES)
def test_as_many_tasks_run_at_once_as_the_worker_was_told(
    system: System, trace: Trace, mode: str
) -> None:
    system.start_all(mode, slots=2)
    caller = system.caller()
    nap = caller.register(traced_nap())
    caller.ending(caller.execute(nap, trace.path, "warm", 0))
    names = ["a", "b", "c", "d"]
    endings = caller.endings([caller.execute(nap, trace.path, name, 1) for name in names])
    assert [ending.value for ending in endings] == names
    runs = [run for run in trace.runs() if run.name in names]
    assert most_at_once(runs) == 2
    took = max(run.ended or 0 for run in runs) - min(run.began for run in runs)
    assert 1.9 < took < 3.5


@pytest.mark.parametrize("mode", MODES)
def test_tasks_sent_before_there_is_a_dispatcher_are_run_later(system: System, mode: str) -> None:
    caller = system.caller()

    def double(number: int) -> int:
        return number * 2

    function_id = caller.register(double)
    task_ids = [caller.execute(function_id, number) for number in range(20)]
    assert {caller.status(task_id) for task_id in task_ids} == {"QUEUED"}
    system.start_dispatcher(mode)
    if mode != "local":
        system.start_worker(mode)
    assert [ending.value for ending in caller.endings(task_ids)] == [n * 2 for n in range(20)]


def test_the_local_worker_has_an_entry_point_of_its_own(system: System) -> None:
    """It brings its dispatcher along: there is nothing to connect to."""
    system.start("workers.local", "2")
    caller = system.caller()
    assert caller.ending(caller.submit(len, "four")).value == 4


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_a_worker_may_be_started_before_its_dispatcher(system: System, mode: str) -> None:
    system.start_worker(mode)
    caller = system.caller()
    task_id = caller.submit(len, "four")
    system.start_dispatcher(mode)
    assert caller.ending(task_id).value == 4


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_a_worker_may_be_started_after_its_dispatcher(system: System, mode: str) -> None:
    dispatcher = system.start_dispatcher(mode)
    caller = system.caller()
    task_id = caller.submit(len, "four")
    dispatcher.wait_for_log("workers may connect to")
    assert caller.status(task_id) == "QUEUED"
    system.start_worker(mode)
    assert caller.ending(task_id).value == 4


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_two_workers_share_the_load_and_the_log_says_why(
    system: System, trace: Trace, mode: str
) -> None:
    dispatcher = system.start_dispatcher(mode, "--log-level", "debug")
    for name in ("ann", "bob"):
        system.start_worker(mode, "--name", name, slots=1)
    for name in ("ann", "bob"):
        dispatcher.wait_for_log(f"worker {name} joined")
    caller = system.caller()
    nap = caller.register(traced_nap())
    task_ids = [caller.execute(nap, trace.path, f"n{number}", 0.4) for number in range(4)]
    assert all(ending.status == "COMPLETED" for ending in caller.endings(task_ids))
    runs = trace.runs()
    assert most_at_once(runs) == 2
    assert sorted(sum(run.pid == pid for run in runs) for pid in {run.pid for run in runs}) == [
        2,
        2,
    ]
    log = dispatcher.log()
    for task_id in task_ids:
        (line,) = [line for line in log.splitlines() if task_id in line and "least loaded" in line]
        assert "ann" in line or "bob" in line


def test_two_dispatchers_on_one_store_share_its_tasks(system: System, trace: Trace) -> None:
    dispatchers = [system.start("dispatcher", "-m", "local", "-w", "1") for _ in range(2)]
    for dispatcher in dispatchers:
        dispatcher.wait_for_log("joined")
    caller = system.caller()
    nap = caller.register(traced_nap())
    task_ids = [caller.execute(nap, trace.path, f"n{number}", 0.3) for number in range(6)]
    assert all(ending.status == "COMPLETED" for ending in caller.endings(task_ids))
    runs = trace.runs()
    assert sorted(run.name for run in runs) == [f"n{number}" for number in range(6)]
    assert most_at_once(runs) == 2


def test_the_web_service_runs_under_uvicorn_as_documented(system: System) -> None:
    system.start_dispatcher("local")
    system.start_uvicorn()
    caller = system.caller()
    assert caller.ending(caller.submit(len, "four")).value == 4
