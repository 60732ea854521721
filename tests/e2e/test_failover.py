"""The whole system over a master that dies with writes that its replica never saw."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.chores import Trace, traced_nap
from tests.support.failover import Pair
from tests.support.processes import ProcessRunner
from tests.support.redis_admin import redis_admin
from tests.support.system import QUICK_TIMERS, REMOTE_MODES, System
from tests.support.waiting import wait_until

NAP_S = 0.1
PLACES = ("delayed", "lease")


@pytest.fixture
def system(processes: ProcessRunner, redis_pair: Pair) -> Iterator[System]:
    with closing(System(processes, redis_pair.url, QUICK_TIMERS)) as made:
        yield made


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    return Trace(tmp_path / "trace")


@pytest.mark.parametrize("mode", REMOTE_MODES)
def test_after_a_failover_that_lost_writes_every_task_that_is_left_ends_once_and_right(
    system: System, redis_pair: Pair, trace: Trace, mode: str
) -> None:
    system.start_all(mode, slots=2)
    caller = system.caller()
    nap = caller.register(traced_nap())
    names = [f"kept{number}" for number in range(16)]
    kept = [caller.execute(nap, trace.path, name, NAP_S) for name in names]
    trace.wait_for_begun(4)
    redis_pair.lose_writes_from_now_on()
    lost = [caller.execute(nap, trace.path, f"lost{number}", NAP_S) for number in range(4)]
    trace.wait_for_begun(10)  # claims, starts and outcomes that the replica does not know of
    redis_pair.fail_over()
    wait_until(lambda: caller.ask("GET", "/readyz").status_code == 200, "it is ready", 20)
    assert [caller.ask("GET", f"/result/{task_id}").status_code for task_id in lost] == [404] * 4
    endings = caller.endings(kept, 40)
    assert [(each.status, each.value) for each in endings] == [("COMPLETED", n) for n in names]
    assert caller.endings(kept) == endings, "an outcome never changes"
    assert caller.ending(caller.execute(nap, trace.path, "later", 0)).value == "later"
    # what the replica did not know had run, runs again, once
    runs = Counter(run.name for run in trace.runs())
    assert {name: count for name, count in runs.items() if count > 2} == {}
    assert all(runs[name] >= 1 for name in names)
    wait_until(lambda: unfinished(redis_pair) == 0, "nothing is stuck")


def unfinished(pair: Pair) -> int:
    """Return how many entries the queues and leases of the new master hold."""
    with redis_admin(pair.replica.url) as admin:
        queues = list(admin.scan_iter("{gofer:0}:ready:*"))
        queued = [int(admin.execute_command("LLEN", queue)) for queue in queues]
        dated = [int(admin.execute_command("ZCARD", f"{{gofer:0}}:{n}")) for n in PLACES]
    return sum(queued) + sum(dated)
