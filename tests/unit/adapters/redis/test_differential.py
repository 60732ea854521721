"""The scripts over fakeredis against the memory store, and planted bugs that must be seen."""

from collections.abc import Iterable, Mapping

import pytest
from fakeredis import FakeServer
from hypothesis import HealthCheck, settings
from redis.asyncio import Redis

from tests.contracts.redis_backend import fake_clients
from tests.contracts.store_clock import scripts_with_a_clock
from tests.contracts.store_machine_history import WholeStoreMachine
from tests.contracts.store_walk import walk
from tests.unit.adapters.redis import planted_bugs, planted_bugs_of_credit, planted_in_lists
from tests.unit.adapters.redis.planted_bug import PlantedBug

STEPS = 120
PLANTED = (
    *planted_bugs.PLANTED,
    *planted_bugs_of_credit.PLANTED,
    *planted_in_lists.PLANTED_IN_LISTS,
)


class NewFakeServer:
    def clients(self) -> tuple[Redis, Redis]:
        return fake_clients(FakeServer())


class FakeRedisMachine(WholeStoreMachine):
    server = NewFakeServer()


FakeRedisMachine.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestTheSameAnswers = pytest.mark.timeout(180)(FakeRedisMachine.TestCase)  # 10 s of CPU


def walk_with(scripts: Mapping[str, str], seeds: Iterable[int]) -> int:
    class WalkingMachine(FakeRedisMachine):
        pass

    WalkingMachine.scripts = scripts
    compared = 0
    for seed in seeds:
        machine = WalkingMachine()
        try:
            compared += walk(machine, seed, STEPS)
        finally:
            machine.teardown()
    return compared


def test_the_walk_that_looks_for_planted_bugs_finds_none_in_the_real_scripts() -> None:
    assert walk_with(scripts_with_a_clock(), range(4)) > 4 * STEPS


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.name)
def test_a_planted_bug_is_seen(bug: PlantedBug) -> None:
    scripts = bug.planted_in(scripts_with_a_clock())
    with pytest.raises(AssertionError):
        walk_with(scripts, [bug.walk, *range(30)])
