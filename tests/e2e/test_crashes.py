"""kill -9 of every part, and of what runs below it: nothing is lost, nothing is recorded twice."""

import os
import signal
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.support.chores import Trace, traced_death, traced_nap
from tests.support.processes import is_running
from tests.support.system import MODES, REMOTE_MODES, System
from tests.support.waiting import wait_until

LONG_LEASE_MS = "30000"
"""As in production: longer than a dispatcher takes to come back."""


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    return Trace(tmp_path / "trace")


# ---------------------------------------------------------------- the dispatcher


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_a_worker_outlives_its_dispatcher_and_its_task_runs_once(
    quick_system: System, trace: Trace, mode: str
) -> None:
    system = quick_system
    dispatcher = system.start_dispatcher(mode, GOFER_LEASE_MS=LONG_LEASE_MS)
    worker = system.start_worker(mode)
    caller = system.caller()
    nap = caller.register(traced_nap())
    task_id = caller.execute(nap, trace.path, "long", 2)
    trace.wait_for_begun(1)
    dispatcher.kill()
    queued = caller.execute(nap, trace.path, "queued", 0)
    successor = system.start_dispatcher(mode, GOFER_LEASE_MS=LONG_LEASE_MS)
    assert caller.ending(task_id).value == "long"
    assert caller.ending(queued).value == "queued"
    assert sorted(run.name for run in trace.runs()) == ["long", "queued"]
    assert "holds 1" in successor.log()
    assert worker.exit_code is None


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_a_result_that_nobody_could_take_is_delivered_later(
    quick_system: System, trace: Trace, mode: str
) -> None:
    system = quick_system
    dispatcher = system.start_dispatcher(mode, GOFER_LEASE_MS=LONG_LEASE_MS)
    system.start_worker(mode)
    caller = system.caller()
    task_id = caller.execute(caller.register(traced_nap()), trace.path, "short", 0.5)
    trace.wait_for_begun(1)
    dispatcher.kill()
    wait_until(lambda: trace.runs()[0].ended, "the task ends without a dispatcher")
    assert caller.status(task_id) == "RUNNING"
    system.start_dispatcher(mode, GOFER_LEASE_MS=LONG_LEASE_MS)
    assert caller.ending(task_id).value == "short"
    assert len(trace.runs()) == 1


def test_tasks_of_a_local_dispatcher_that_was_killed_run_again(
    quick_system: System, trace: Trace
) -> None:
    system = quick_system
    dispatcher = system.start_dispatcher("local")
    caller = system.caller()
    task_id = caller.execute(caller.register(traced_nap()), trace.path, "long", 2)
    (first,) = trace.wait_for_begun(1)
    dispatcher.kill()
    wait_until(lambda: not is_running(first.pid), "its child is gone too")
    system.start_dispatcher("local")
    assert caller.ending(task_id).value == "long"
    assert [run.ended is None for run in trace.runs()] == [True, False]


# ---------------------------------------------------------------- a worker


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_tasks_of_a_worker_that_was_killed_end_elsewhere(
    quick_system: System, trace: Trace, mode: str
) -> None:
    system = quick_system
    dispatcher = system.start_dispatcher(mode)
    workers = [system.start_worker(mode) for _ in range(2)]
    dispatcher.wait_for_log("joined")
    for worker in workers:
        worker.wait_for_log("connected as")
    caller = system.caller()
    nap = caller.register(traced_nap())
    names = [f"n{number}" for number in range(20)]
    task_ids = [caller.execute(nap, trace.path, name, 0.3) for name in names]
    trace.wait_for_begun(4)
    children = workers[0].descendants()
    assert len(children) >= 2
    workers[0].kill()
    assert [ending.value for ending in caller.endings(task_ids)] == names
    wait_until(lambda: not any(map(_lives, children)), "its children are gone too")
    runs = Counter(run.name for run in trace.runs())
    assert set(runs) == set(names)
    again = [name for name, count in runs.items() if count > 1]
    assert 1 <= len(again) <= 2
    assert max(runs.values()) == 2


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_a_worker_that_stood_still_harms_nothing_when_it_returns(
    quick_system: System, trace: Trace, mode: str
) -> None:
    system = quick_system
    dispatcher = system.start_dispatcher(mode)
    frozen = system.start_worker(mode, "--name", "frozen", slots=1)
    caller = system.caller()
    nap = caller.register(traced_nap())
    task_id = caller.execute(nap, trace.path, "long", 1)
    (first,) = trace.wait_for_begun(1)
    for pid in (frozen.pid, first.pid):
        os.kill(pid, signal.SIGSTOP)
    dispatcher.wait_for_log("went silent")
    system.start_worker(mode, slots=1)
    ending = caller.ending(task_id)
    frozen.send(signal.SIGCONT)
    with suppress(ProcessLookupError):  # its supervisor may have ended it already
        os.kill(first.pid, signal.SIGCONT)
    again = caller.execute(nap, trace.path, "after", 0)
    assert caller.ending(again).value == "after"
    wait_until(lambda: dispatcher.log().count("frozen joined") == 2, "it is back")
    assert caller.result(task_id) == ending
    assert ending.value == "long"


def _lives(process: psutil.Process) -> bool:
    return is_running(process.pid)


# ---------------------------------------------------------------- a child


@pytest.mark.parametrize("mode", MODES)
def test_a_task_that_always_kills_its_child_fails_and_its_neighbours_do_not(
    system: System, trace: Trace, mode: str
) -> None:
    system.start_all(mode)
    caller = system.caller()
    die = caller.register(traced_death())
    deaths = {how: caller.execute(die, trace.path, how) for how in ("exit", "segfault", "kill")}

    def double(number: int) -> int:
        return number * 2

    function_id = caller.register(double)
    innocent = [caller.execute(function_id, number) for number in range(50)]
    assert [ending.value for ending in caller.endings(innocent)] == [n * 2 for n in range(50)]
    expected = {"exit": "3", "segfault": "SIGSEGV", "kill": "SIGKILL"}
    for how, task_id in deaths.items():
        ending = caller.ending(task_id, timeout=30)
        assert ending.status == "FAILED"
        assert type(ending.value) is RuntimeError
        assert expected[how] in str(ending.value)
    assert Counter(run.name for run in trace.runs()) == dict.fromkeys(deaths, 3)


@pytest.mark.parametrize("mode", MODES)
def test_a_child_that_somebody_kills_costs_a_task_one_more_run(
    system: System, trace: Trace, mode: str
) -> None:
    system.start_all(mode)
    caller = system.caller()
    nap = caller.register(traced_nap())
    victim, neighbour = (caller.execute(nap, trace.path, name, 1) for name in ("victim", "other"))
    runs = trace.wait_for_begun(2)
    os.kill(next(run.pid for run in runs if run.name == "victim"), signal.SIGKILL)
    assert caller.ending(victim).value == "victim"
    assert caller.ending(neighbour).value == "other"
    assert Counter(run.name for run in trace.runs()) == {"victim": 2, "other": 1}


# ---------------------------------------------------------------- time limits


@pytest.mark.parametrize("mode", MODES)
def test_a_task_over_the_dispatcher_s_time_limit_fails(
    system: System, trace: Trace, mode: str
) -> None:
    system.start_all(mode, "-t", "0.5", slots=1)
    caller = system.caller()
    nap = caller.register(traced_nap())
    endless = caller.execute(nap, trace.path, "endless", 60)
    after = caller.execute(nap, trace.path, "after", 0)
    ending = caller.ending(endless)
    assert ending.status == "FAILED"
    assert type(ending.value) is TimeoutError
    assert "0.5" in str(ending.value)
    assert caller.ending(after).value == "after"
    assert len(trace.runs()) == 2


# ---------------------------------------------------------------- the web service


def test_what_the_web_service_acknowledged_survives_its_death(system: System) -> None:
    api = system.start_api()
    caller = system.caller()
    task_id = caller.submit(len, "four")
    api.kill()
    system.start_dispatcher("local")
    system.start_api()
    assert system.caller().ending(task_id).value == 4
