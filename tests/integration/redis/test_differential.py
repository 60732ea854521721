"""The scripts on a real server against the memory store."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from redis.asyncio import Redis

from gofer.adapters.redis.driver import Timeouts, open_clients
from tests.contracts.store_machine import StoreMachine
from tests.contracts.store_walk import walk
from tests.support.redis_admin import redis_admin


@pytest.fixture
def machine_class(redis_url: str) -> type[StoreMachine]:
    class RealServerMachine(StoreMachine):
        def connect(self) -> tuple[Redis, Redis]:
            with redis_admin(redis_url) as admin:
                admin.flushdb()
            return open_clients(redis_url, Timeouts())

    return RealServerMachine


def test_any_history_gives_the_same_answers(machine_class: type[StoreMachine]) -> None:
    run_state_machine_as_test(
        machine_class,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


@pytest.mark.parametrize("seed", range(5))
def test_a_long_walk_gives_the_same_answers(machine_class: type[StoreMachine], seed: int) -> None:
    machine = machine_class()
    try:
        walk(machine, 1_000 + seed, 400)
    finally:
        machine.teardown()
