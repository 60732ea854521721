"""The network between worker and dispatcher fails in every way; the work goes on, and nothing is
recorded twice. Silence is noticed after 1 s here, and leases last 2.5 s (QUICK_TIMERS).
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.caller import Caller
from tests.support.chores import Trace, traced_nap
from tests.support.fault_proxy import FaultProxy
from tests.support.ports import LOOPBACK
from tests.support.processes import ProcessRunner
from tests.support.redis_admin import redis_admin
from tests.support.system import QUICK_TIMERS, REMOTE_MODES, System, show_logs
from tests.support.waiting import wait_until

TASKS = 8
NAP_S = 0.25


@dataclass(frozen=True)
class Fault:
    """What is done to the network, for how long, and whether tasks may run more than once."""

    name: str
    do: Callable[[FaultProxy], None]
    lasts_s: float = 0.5
    once: bool = True
    times: int = 1

    def __str__(self) -> str:
        return self.name


FAULTS = [
    Fault("a short partition", FaultProxy.hold),
    Fault("a partition beyond silence", FaultProxy.hold, 1.6, once=False),
    Fault("a partition beyond the lease", FaultProxy.hold, 3.5, once=False),
    Fault("nothing reaches the dispatcher", lambda p: p.hold("up"), 1.6, once=False),
    Fault("nothing reaches the worker", lambda p: p.hold("down"), 1.6, once=False),
    Fault("flapping", FaultProxy.hold, 0.15, times=6),
    Fault("broken connections", FaultProxy.cut, 0.2, times=3),
    Fault("refused connections", lambda p: p.cut(refuse=True), 0.5),
    Fault("a dispatcher that seems to hang up", lambda p: p.half_close("down"), 0.1),
    Fault("a worker that seems to hang up", lambda p: p.half_close("up"), 0.1),
    Fault("a slow link", lambda p: p.slow(0.1), 1.0),
    Fault("a thin link", lambda p: p.slow(bytes_per_s=30_000), 1.0),
    Fault("corrupted bytes", FaultProxy.corrupt, 0.3, once=False, times=2),
]


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    return Trace(tmp_path / "trace")


@pytest.fixture(scope="module", params=REMOTE_MODES)
def faulty(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    redis_server_url: str,
) -> Iterator[tuple[System, FaultProxy, ProcessRunner]]:
    """A system for all tests of a mode, whose worker reaches its dispatcher through the proxy."""
    mode: str = request.param
    with redis_admin(redis_server_url) as admin:
        admin.flushdb()
    runner = ProcessRunner(tmp_path_factory.mktemp(f"faulty-{mode}"))
    try:
        with closing(System(runner, redis_server_url, QUICK_TIMERS)) as system:
            system.start_api()
            system.start_dispatcher(mode)
            proxy = FaultProxy(runner, system.port)
            system.start(f"workers.{mode}", "2", f"tcp://{LOOPBACK}:{proxy.port}")
            yield system, proxy, runner
    finally:
        runner.end()


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_the_work_goes_on_and_each_task_has_one_outcome(
    faulty: tuple[System, FaultProxy, ProcessRunner],
    trace: Trace,
    request: pytest.FixtureRequest,
    fault: Fault,
) -> None:
    system, proxy, runner = faulty
    assert isinstance(request.node, pytest.Item)
    show_logs(runner, request.node)
    with Caller(system.url) as caller:
        nap = caller.register(traced_nap())
        names = [f"task-{number}" for number in range(TASKS)]
        tasks = [caller.execute(nap, trace.path, name, NAP_S) for name in names]
        trace.wait_for_begun(1)
        passed = proxy.passed()
        for _ in range(fault.times):
            fault.do(proxy)
            lasts(fault.lasts_s)
            proxy.heal()
            lasts(fault.lasts_s if fault.times > 1 else 0)
        endings = caller.endings(tasks, timeout=30)
        assert [(ending.status, ending.value) for ending in endings] == [
            ("COMPLETED", name) for name in names
        ]
        assert caller.endings(tasks) == endings  # and no late report changes any
        runs = Counter(run.name for run in trace.runs())
        assert runs.keys() == set(names)
        assert max(runs.values()) <= (1 if fault.once else 3)
        assert proxy.passed() > passed


def lasts(seconds: float) -> None:
    """Let a fault last: time is what it is made of."""
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= end, "the fault has lasted", seconds + 5)
