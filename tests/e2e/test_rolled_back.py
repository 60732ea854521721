"""The store comes back without the last of what it wrote: nothing is missing, none waits long.

With the intervals of production: whoever waited for leases to end would be too late here.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gofer import Client
from tests.support.processes import ProcessRunner
from tests.support.redis_server import RedisServer
from tests.support.system import MODES, System

TASKS = 300
TIMEOUT_S = 20.0
"""Much shorter than a lease, and much longer than the tasks run."""


@pytest.fixture
def system(processes: ProcessRunner, private_redis: RedisServer) -> Iterator[System]:
    with contextlib.closing(System(processes, private_redis.url, {})) as made:
        yield made


def slow_square() -> Callable[[int], int]:
    """Return a function that takes another time in each run, so that ends have another order."""

    def square(number: int) -> int:
        import random  # noqa: PLC0415 - a function brings its imports along
        import time  # noqa: PLC0415

        time.sleep(0.05 * random.random())
        return number * number

    return square


@pytest.mark.parametrize("mode", MODES)
def test_each_task_is_told_once_and_right_where_the_store_forgets_ends_that_it_told(
    system: System, private_redis: RedisServer, tmp_path: Path, mode: str
) -> None:
    system.start_all(mode, slots=2)
    with Client(system.url) as client:
        function = client.register(slow_square())
        batch = client.submit_batch(function, [client.arguments(n) for n in range(TASKS)])
        results = batch.results(TIMEOUT_S)
        told = [next(results) for _ in range(20)]
        private_redis.copy_data(tmp_path / "earlier")
        told += [next(results) for _ in range(60)]
        private_redis.kill()
        private_redis.put_data(tmp_path / "earlier")
        private_redis.start()
        told += results
    assert sorted(result.position for result in told) == list(range(1, TASKS + 1))
    assert all(result.value() == (result.position - 1) ** 2 for result in told)
