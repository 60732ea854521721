"""Nothing leaks: after very many tasks and past their retention, all is as it was.

``make soak`` runs the same with 100 000 tasks, and shows the figures.
"""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import closing
from fnmatch import fnmatchcase
from functools import partial
from itertools import count, islice
from typing import Any

import pytest

from tests.support.bulk import Job, run_all
from tests.support.chores import Chore
from tests.support.processes import ProcessRunner
from tests.support.redis_admin import redis_admin
from tests.support.redis_server import RedisServer
from tests.support.soak import MIB, Holding, holding
from tests.support.system import System
from tests.support.traces import Surroundings
from tests.support.waiting import wait_until

TASKS = int(os.environ.get("GOFER_SOAK_TASKS", "5000"))
MODE = os.environ.get("GOFER_SOAK_MODE", "push")
WARM = 1_000
"""Tasks before the first look: caches are filled, pools and children are there."""

CONNECTIONS = 8
MANY = 200
"""More keys than stay and go by themselves: tasks are among them."""

RETENTION_S = 3.0
GROWTH = 3 * MIB
"""What a process may have more of its own after 5000 tasks: the heap's fragments, no more."""

GROWTH_PER_TASK = 20
"""Bytes that a process may have more for each further task: a leak of one object would be more."""

SERVER = "the store's server"
WITH_POOLS = {"cli", "dispatcher", SERVER}
CONNECTIONS_KEPT = 16
"""Connections to the store that a pool may have opened since, and keeps: its bound is 24."""

_STAY = (
    "schema",
    "tags",
    "listeners",
    "bell:*",
    "credit:*",
    "handed",
    "f:*",
    "fn:*",
    "functions",
    "musters",
    "w:*",
    "totals",
)
FIXED = tuple(f"{{gofer:0}}:{name}" for name in _STAY)
"""Keys that stay: the layout's version, the environments of functions, who listens (for two
minutes), its doorbell (for one) and its credit (for some seconds), what it was handed over until
somebody looks, the function that was registered, who works, the totals."""

RATES = "{gofer:0}:rate:*"
"""Keys that go by themselves, a minute after the last task."""


@pytest.fixture
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Surroundings:
    return Surroundings(tmp_path_factory.mktemp("s"))  # a socket's path has to be short


@pytest.fixture
def soaked(
    processes: ProcessRunner, private_redis: RedisServer, surroundings: Surroundings
) -> Iterator[System]:
    environment = {**surroundings.environment, "GOFER_RETENTION_S": str(RETENTION_S)}
    with closing(System(processes, private_redis.url, environment)) as system:
        system.start_all(MODE, slots=2)
        yield system
    processes.end()
    surroundings.wait_until_clean()


def work() -> Chore:
    """Return a function that returns much, returns little, prints or raises."""

    def some_work(number: int) -> Any:
        if number % 50 == 7:
            raise ValueError(number)
        if number % 50 == 8:
            print("number", number)  # noqa: T201
        return b"x" * 4096 if number % 50 == 9 else number * 2

    return some_work


def jobs(numbers: Iterator[int], limit: int) -> Iterator[Job]:
    """Return jobs for ``work``, each of which knows what must come of it."""
    for number in islice(numbers, limit):
        yield Job((number,), partial(is_right, number))


def is_right(number: int, status: str, value: object) -> bool:
    if number % 50 == 7:
        return status == "FAILED" and isinstance(value, ValueError) and value.args == (number,)
    expected = b"x" * 4096 if number % 50 == 9 else number * 2
    return status == "COMPLETED" and value == expected


@pytest.mark.timeout(120 + TASKS // 50)
def test_nothing_is_left_of_very_many_tasks(
    soaked: System, private_redis: RedisServer, surroundings: Surroundings
) -> None:
    function_id = soaked.caller().register(work())
    numbers = count()

    def soak(tasks: int) -> Holding:
        wrong = asyncio.run(run_all(soaked.url, function_id, jobs(numbers, tasks), CONNECTIONS))
        assert wrong == []
        wait_until(forgotten, "all tasks are past their retention", RETENTION_S + 30)
        return look()

    def look() -> Holding:
        with redis_admin(soaked.store_url) as admin:
            admin.execute_command("MEMORY", "PURGE")  # what is free may not count as held
        parts = soaked.parts()
        return holding(parts, private_redis.pid, soaked.store_url, surroundings.temporary)

    def forgotten() -> bool:
        with redis_admin(soaked.store_url) as admin:
            if admin.dbsize() > MANY:  # the cheap question first: it is asked a hundred times
                return False
            keys = list(admin.scan_iter())
        listed = ("}:t:", "}:index", "}:leaf:")
        return not [key for key in keys if any(part in key for part in listed)]

    before = soak(WARM)
    began = time.monotonic()
    after = soak(TASKS)
    elapsed = time.monotonic() - began - RETENTION_S
    print(f"\n{TASKS} tasks in {elapsed:.0f} s ({MODE}), all right\n{before.table(after)}")  # noqa: T201
    keys = [key for key in after.keys if not fnmatchcase(key, RATES)]
    assert [key for key in keys if not any(fnmatchcase(key, each) for each in FIXED)] == []
    assert len(keys) <= len(FIXED)
    assert after.files == before.files
    assert after.processes.keys() == before.processes.keys()
    allowed = GROWTH + GROWTH_PER_TASK * max(0, TASKS - 5_000)
    for name, held in after.processes.items():
        was = before.processes[name]
        assert held.memory - was.memory < allowed, f"{name} grows"
        assert held.threads <= was.threads + (name == SERVER), f"{name}: one is the allocator's"
        kept = CONNECTIONS_KEPT if name in WITH_POOLS else 0
        assert held.descriptors <= was.descriptors + kept, name
