"""kill -9 at every named point of the code: each acknowledged task has one outcome, the right one.

The points are those of ``gofer.domain.ports.Point``; ``tests/support/crash_scenarios.py`` says for
each how a part gets there, and how often a task may run then.
"""

import signal
from pathlib import Path

import httpx
import pytest

from gofer.domain.ports import Point
from tests.support.chores import Trace, traced_nap
from tests.support.crash_scenarios import CRASHES, Crash
from tests.support.crash_stage import Stage
from tests.support.system import Doomed, System
from tests.support.waiting import wait_until

EACH = [
    pytest.param(crash, mode, id=f"{crash.point}-{crash.how}-{mode}")
    for crash in CRASHES
    for mode in crash.modes
]


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    return Trace(tmp_path / "trace")


@pytest.mark.parametrize(("crash", "mode"), EACH)
def test_no_task_is_lost_or_recorded_twice_when_a_part_dies(
    quick_system: System, trace: Trace, crash: Crash, mode: str
) -> None:
    stage = Stage(quick_system, trace, mode, crash.point, crash.how, crash.timers)
    crash.play(stage)
    stage.check(crash.least, crash.most)


# ---------------------------------------------------------------- the web service


def _doomed_api(system: System, point: Point) -> Doomed:
    doomed = system.start_doomed(point, "at", "api", "--port", "0")
    says = "listens on "
    doomed.process.wait_for_log(says)
    system.url = doomed.process.log().partition(says)[2].split()[0]
    return doomed


def _dies_while_it_submits(system: System, trace: Trace, point: Point) -> None:
    """Send a task that is never acknowledged, then one more to the next web service; it ends."""
    nap = system.caller().register(traced_nap())
    doomed = _doomed_api(system, point)
    with pytest.raises(httpx.TransportError):
        system.caller().execute(nap, trace.path, "unacknowledged", 0)
    doomed.die()
    system.start_api()
    system.start_dispatcher("local")
    caller = system.caller()
    assert caller.ending(caller.execute(nap, trace.path, "later", 0)).value == "later"


def test_a_task_that_was_not_stored_when_the_web_service_died_never_runs(
    quick_system: System, trace: Trace
) -> None:
    _dies_while_it_submits(quick_system, trace, Point.API_SUBMITTING)
    assert [run.name for run in trace.runs()] == ["later"]


def test_a_task_that_was_stored_when_the_web_service_died_runs_once(
    quick_system: System, trace: Trace
) -> None:
    _dies_while_it_submits(quick_system, trace, Point.API_SUBMITTED)
    wait_until(lambda: len(trace.runs()) == 2, "both have run")
    assert sorted(run.name for run in trace.runs()) == ["later", "unacknowledged"]


def test_a_function_that_the_web_service_stored_as_it_died_may_be_registered_again(
    quick_system: System,
) -> None:
    system = quick_system
    doomed = _doomed_api(system, Point.API_REGISTERED)
    with pytest.raises(httpx.TransportError):
        system.caller().register(len)
    doomed.die()
    assert doomed.process.exit_code == -signal.SIGKILL
    system.start_api()
    system.start_dispatcher("local")
    caller = system.caller()
    assert caller.ending(caller.submit(len, "four")).value == 4
