"""The scripts on a real server against the memory store."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from redis.asyncio import Redis

from gofer.adapters.redis.driver import Timeouts, open_clients
from tests.contracts.store_machine_history import WholeStoreMachine
from tests.contracts.store_walk import walk
from tests.support.redis_admin import redis_admin

HISTORIES = 50


class EmptiedServer:
    """A real server; each machine finds it empty."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.emptied = 0

    def clients(self) -> tuple[Redis, Redis]:
        with redis_admin(self.url) as admin:
            admin.flushdb()
        self.emptied += 1
        return open_clients(self.url, Timeouts())


@pytest.mark.timeout(180)  # 12 s of CPU, and shrinking if it fails
def test_any_history_gives_the_same_answers(redis_url: str) -> None:
    emptied = EmptiedServer(redis_url)

    class RealServerMachine(WholeStoreMachine):
        server = emptied

    run_state_machine_as_test(
        RealServerMachine,
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
    assert emptied.emptied >= HISTORIES


@pytest.mark.parametrize("seed", range(5))
def test_a_long_walk_gives_the_same_answers(redis_url: str, seed: int) -> None:
    class RealServerMachine(WholeStoreMachine):
        server = EmptiedServer(redis_url)

    machine = RealServerMachine()
    try:
        assert walk(machine, 1_000 + seed, 400) > 400
    finally:
        machine.teardown()
