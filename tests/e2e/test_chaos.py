"""Chaos, checked like Jepsen: real processes are killed, frozen and restarted under load.

    make chaos                                       30 s of faults in each mode
    GOFER_CHAOS_SECONDS=600 make chaos               ten minutes in each mode
    GOFER_CHAOS_SEED=7 make chaos ARGS='-k push'     the faults of seed 7, in one mode

What must hold is in ``tests/support/chaos/checker.py``; the figures are printed in any case.
"""

import os
import secrets
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest

from tests.support.chaos.checker import check
from tests.support.chaos.plan import pairs, plan
from tests.support.chaos.report import report
from tests.support.chaos.run import SETTLE_S, TIMERS, run_chaos
from tests.support.chaos.story import stories
from tests.support.processes import ProcessRunner
from tests.support.redis_server import RedisServer
from tests.support.system import MODES

SECONDS = float(os.environ.get("GOFER_CHAOS_SECONDS", "30"))
SEED = int(os.environ.get("GOFER_CHAOS_SEED") or secrets.randbelow(1_000_000))


OF_THE_FLEET = ("dispatcher", "worker", "api", "redis", "child")
PAIRS: dict[str, list[tuple[str, str]]] = {
    "local": [
        *combinations(("dispatcher", "api", "redis", "child"), 2),
        ("dispatcher", "dispatcher"),
    ],
    "push": [*combinations(OF_THE_FLEET, 2), ("worker", "worker")],
    "pull": [*combinations(OF_THE_FLEET, 2), ("worker", "worker")],
}
"""Two parts to die together, of each two kinds. In local mode dispatchers are the workers."""


@pytest.mark.timeout(SECONDS + SETTLE_S + 120)
@pytest.mark.parametrize("mode", MODES)
def test_no_promise_is_broken_whatever_is_killed_and_frozen(
    processes: ProcessRunner,
    private_redis: RedisServer,
    tmp_path: Path,
    figures: Callable[[str], None],
    mode: str,
) -> None:
    strikes = [plan(SEED, SECONDS, TIMERS)]
    made = run_chaos(processes, private_redis, tmp_path / "runs", mode, SEED, strikes)
    violations = check(made.history, TIMERS)
    figures(report(made.history, SEED, made.settled_s, made.refusals))
    assert not violations, stories(made.history, violations)
    assert made.history.acknowledged()


@pytest.mark.timeout(SETTLE_S + 180)
@pytest.mark.parametrize("mode", MODES)
def test_any_two_parts_may_die_together(
    processes: ProcessRunner,
    private_redis: RedisServer,
    tmp_path: Path,
    figures: Callable[[str], None],
    mode: str,
) -> None:
    strikes = pairs(PAIRS[mode])
    made = run_chaos(processes, private_redis, tmp_path / "runs", mode, SEED, strikes)
    violations = check(made.history, TIMERS)
    figures(report(made.history, SEED, made.settled_s, made.refusals))
    assert not violations, stories(made.history, violations)
    assert made.history.acknowledged()
