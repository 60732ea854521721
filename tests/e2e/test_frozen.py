"""Parts that stood still for longer than their leases and wake up: refused, and harmless.

The lease of a quick system is 2.5 s. A part stands still at a named point of its code, so that it
wakes up with just the knowledge that has gone stale.
"""

import signal
from collections import Counter
from pathlib import Path

import pytest

from gofer.domain.ports import Point
from tests.support.accounts import accounts
from tests.support.caller import Caller, Ending
from tests.support.chores import Trace, traced_nap
from tests.support.ports import free_port
from tests.support.processes import StartedProcess
from tests.support.system import REMOTE_MODES, System
from tests.support.waiting import wait_until


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    return Trace(tmp_path / "trace")


def _others(system: System, mode: str) -> StartedProcess:
    """Start another dispatcher, with a worker of its own where the mode has any."""
    port = str(free_port())
    dispatcher = system.start("dispatcher", "-m", mode, "-p", port, "-w", "1")
    if mode != "local":
        system.start(f"workers.{mode}", "1", f"tcp://127.0.0.1:{port}")
    return dispatcher


def _runs_on(caller: Caller, nap: str, trace: Trace) -> None:
    """Have one task more run: the system does its work."""
    assert caller.ending(caller.execute(nap, trace.path, "after", 0)).value == "after"


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_an_outcome_that_a_frozen_dispatcher_held_is_refused_when_it_wakes_up(
    quick_system: System, trace: Trace, mode: str
) -> None:
    """The other dispatcher has given the task to its own worker meanwhile."""
    system = quick_system
    arguments = ["-m", mode, "-p", str(system.port)]
    zombie = system.start_doomed(Point.RECEIVED, "after", "dispatcher", *arguments)
    system.start_worker(mode, slots=1)
    caller = system.caller()
    nap = caller.register(traced_nap())
    task_id = caller.execute(nap, trace.path, "task", 0.1)
    zombie.stands()
    _others(system, mode)
    ending = caller.ending(task_id)
    zombie.go_on()
    zombie.process.wait_for_log("was refused: stale")
    _runs_on(caller, nap, trace)
    assert caller.result(task_id) == ending
    assert ending.value == "task"
    assert Counter(run.name for run in trace.runs())["task"] == 2
    assert accounts(system.store_url, [task_id])[task_id].attempt == 2


@pytest.mark.parametrize("mode", ["push", "pull", "local"])
@pytest.mark.parametrize("point", [Point.CLAIMED, Point.SENDING])
def test_tasks_that_a_frozen_dispatcher_had_claimed_do_not_run_when_it_wakes_up(
    quick_system: System, trace: Trace, mode: str, point: Point
) -> None:
    """Nobody had begun them, so that nothing was charged, and each has run once in the end."""
    system = quick_system
    caller = system.caller()
    nap = caller.register(traced_nap())
    names = ["n0", "n1"]
    task_ids = [caller.execute(nap, trace.path, name, 0.1) for name in names]
    arguments = ["-m", mode, "-p", str(system.port), "-w", "2"]
    zombie = system.start_doomed(point, "after", "dispatcher", *arguments)
    if mode != "local":
        system.start_worker(mode, slots=2)
    zombie.stands()
    others = _others(system, mode)
    endings = caller.endings(task_ids)
    zombie.go_on()
    wait_until(lambda: zombie.process.log().count(" joined: ") >= 2, "its worker is back")
    others.stop()
    _runs_on(caller, nap, trace)
    assert caller.endings(task_ids) == endings
    assert [ending.value for ending in endings] == names
    assert sorted(run.name for run in trace.runs()) == ["after", *names]
    spent = [task.spent for task in accounts(system.store_url, task_ids).values()]
    assert [(each.strikes, each.losses) for each in spent] == [(0, 0), (0, 0)]


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_a_worker_that_is_cut_off_stops_its_tasks_before_others_may_run_them(
    quick_system: System, trace: Trace, mode: str
) -> None:
    """One of two dispatchers is frozen for longer than its leases, in the middle of a task."""
    system = quick_system
    frozen = system.start_dispatcher(mode)
    worker = system.start_worker(mode, slots=1)
    caller = system.caller()
    nap = caller.register(traced_nap())
    task_id = caller.execute(nap, trace.path, "task", 4)
    (first,) = trace.wait_for_begun(1)
    frozen.send(signal.SIGSTOP)
    _others(system, mode)
    worker.wait_for_log("cut off for too long")
    trace.wait_for_begun(2)
    frozen.send(signal.SIGCONT)
    ending = caller.ending(task_id)
    assert ending.value == "task"
    _runs_on(caller, nap, trace)
    assert caller.result(task_id) == ending
    runs = [run for run in trace.runs() if run.name == "task"]
    assert [run.ended is None for run in runs] == [True, False]
    assert runs[0] == first


def _outlived_by_its_task(
    system: System, trace: Trace, mode: str, point: Point, seconds: float
) -> Ending:
    """Freeze a worker at a point with a task in its hands, and wake it when another has ended it.

    Return how the task has ended, which the worker's return has not changed.
    """
    dispatcher = system.start_dispatcher(mode)
    url = f"tcp://127.0.0.1:{system.port}"
    zombie = system.start_doomed(point, "after", "worker", mode, "1", url, "--name", "zombie")
    caller = system.caller()
    nap = caller.register(traced_nap())
    task_id = caller.execute(nap, trace.path, "task", seconds)
    zombie.stands()
    system.start_worker(mode, slots=1)
    ending = caller.ending(task_id)
    zombie.go_on()
    wait_until(lambda: dispatcher.log().count("zombie joined") == 2, "it is back")
    _runs_on(caller, nap, trace)
    assert caller.result(task_id) == ending
    return ending


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_an_outcome_that_a_frozen_worker_held_changes_nothing_when_it_wakes_up(
    quick_system: System, trace: Trace, mode: str
) -> None:
    """Its dispatcher has given the task to another worker meanwhile."""
    ending = _outlived_by_its_task(quick_system, trace, mode, Point.ENDED, 0.1)
    assert ending.value == "task"
    assert Counter(run.name for run in trace.runs())["task"] == 2


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_orders_that_a_frozen_worker_had_not_read_are_not_carried_out_when_it_wakes_up(
    quick_system: System, trace: Trace, mode: str
) -> None:
    """They are older than the leases: it knows by itself that they are not to be trusted."""
    _outlived_by_its_task(quick_system, trace, mode, Point.ORDERED, 2)
    assert [run.name for run in trace.runs()] == ["task", "after"]
