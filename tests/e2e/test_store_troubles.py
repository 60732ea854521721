"""Every way in which a store can fail its clients, from the outside: refused, said, healed."""

import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from redis.exceptions import ResponseError

from tests.support.caller import Caller
from tests.support.chores import Trace, traced_nap
from tests.support.redis_admin import redis_admin
from tests.support.redis_server import RedisServer
from tests.support.system import System
from tests.support.waiting import wait_until

RUNNING, QUEUED = 2, 8
WATCHED_S = 1.0
"""How long the processes are watched at least while the store is away."""

BUSY = 0.6
"""Share of a core above which a process that has nothing to do is spinning."""


@contextmanager
def killed(server: RedisServer) -> Generator[None]:
    server.kill()
    yield
    server.start()


@contextmanager
def loading(server: RedisServer) -> Generator[None]:
    with redis_admin(server.url) as admin:
        fill = "for n = 1, 65536 do redis.call('SET', 'filler', n) end"
        admin.execute_command("EVAL", fill, "0")
    server.kill()
    server.start_slowly(each_us=500)
    yield
    server.kill()
    server.start()


@contextmanager
def silent(server: RedisServer) -> Generator[None]:
    server.pause()
    yield
    server.resume()


@contextmanager
def holding_writes_back(server: RedisServer) -> Generator[None]:
    with redis_admin(server.url) as admin:
        admin.execute_command("CLIENT", "PAUSE", "60000", "WRITE")
        yield
        admin.execute_command("CLIENT", "UNPAUSE")


@contextmanager
def full(server: RedisServer) -> Generator[None]:
    with redis_admin(server.url) as admin:
        admin.execute_command("CONFIG", "SET", "maxmemory", "1")
        yield
        admin.execute_command("CONFIG", "SET", "maxmemory", "0")


@contextmanager
def out_of_disk(server: RedisServer) -> Generator[None]:
    server.fill_disk()
    # the first write that does not reach the disk is answered yet; it may be the system's own
    with redis_admin(server.url) as admin, suppress(ResponseError):
        admin.execute_command("SET", "key", "")
    yield
    server.empty_disk()


@contextmanager
def demoted(server: RedisServer) -> Generator[None]:
    with redis_admin(server.url) as admin:
        admin.execute_command("REPLICAOF", "127.0.0.1", "1")
        yield
        admin.execute_command("REPLICAOF", "NO", "ONE")


@contextmanager
def without_connections(server: RedisServer) -> Generator[None]:
    with redis_admin(server.url) as admin:
        admin.execute_command("CONFIG", "SET", "maxclients", "1")
        for kind in ("normal", "pubsub"):
            admin.execute_command("CLIENT", "KILL", "TYPE", kind)
        yield
        admin.execute_command("CONFIG", "SET", "maxclients", "1000")


@dataclass(frozen=True)
class Trouble:
    """What happens to the server, a word of the explanation, and the mode it is tried in."""

    happens: Callable[[RedisServer], AbstractContextManager[None]]
    says: str
    mode: str


TROUBLES = [
    Trouble(killed, "connection", "local"),
    Trouble(loading, "loading", "push"),
    Trouble(silent, "in time", "pull"),
    Trouble(holding_writes_back, "in time", "local"),
    Trouble(full, "full", "push"),
    Trouble(out_of_disk, "disk", "pull"),
    Trouble(demoted, "replica", "local"),
    Trouble(without_connections, "connection", "push"),
]


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    return Trace(tmp_path / "trace")


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda each: each.happens.__name__)
def test_the_system_says_it_waits_quietly_and_goes_on(
    fragile_system: System, private_redis: RedisServer, trace: Trace, trouble: Trouble
) -> None:
    system = fragile_system
    system.start_all(trouble.mode, slots=RUNNING)
    caller = system.caller()
    nap = caller.register(traced_nap())
    caller.ending(caller.execute(nap, trace.path, "warm", 0))
    names = [f"n{number}" for number in range(RUNNING + QUEUED)]
    naps = [1.0] * RUNNING + [0.05] * QUEUED
    tasks = [
        caller.execute(nap, trace.path, name, seconds)
        for name, seconds in zip(names, naps, strict=True)
    ]
    trace.wait_for_begun(1 + RUNNING)
    with trouble.happens(private_redis):
        watch = Watch(system)
        refused(caller, nap, trouble.says)
        if trouble.happens is full:  # those who run free memory, so they may end
            for task_id in tasks[:RUNNING]:
                assert caller.ending(task_id).status == "COMPLETED"
        assert watch.spinning() == []
    wait_until(lambda: caller.ask("GET", "/readyz").status_code == 200, "it is ready again", 20)
    endings = caller.endings(tasks, 40)
    assert [(each.status, each.value) for each in endings] == [("COMPLETED", n) for n in names]
    runs = [run.name for run in trace.runs()]
    assert {name: runs.count(name) for name in names if runs.count(name) > 2} == {}
    assert caller.ending(caller.execute(nap, trace.path, "later", 0)).value == "later"


def refused(caller: Caller, function_id: str, words: str) -> None:
    """Check that a task is refused with ``words``, and that the service says how it is."""

    def told() -> bool:
        answer = caller.ask("GET", "/readyz")
        return answer.status_code == 503 and words in answer.text

    wait_until(told, f"the service says that it is not ready: {words}")
    assert caller.ask("GET", "/healthz").status_code == 200
    answer = caller.ask("POST", "/execute_function", {"function_id": function_id, "payload": EMPTY})
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["detail"]


EMPTY = "gAQpfZQu\n"
"""No arguments, pickled, in base64."""


class Watch:
    """How much all processes of a system work from now on."""

    def __init__(self, system: System) -> None:
        parts = [psutil.Process(part.pid) for part in system.parts()]
        family = [each for part in parts for each in (part, *part.children(recursive=True))]
        self._before = {each: worked(each) for each in family}
        self._began = time.monotonic()

    def spinning(self) -> list[str]:
        """Return those that did not keep still since, after at least ``WATCHED_S``."""
        wait_until(lambda: time.monotonic() > self._began + WATCHED_S, "they were watched")
        elapsed = time.monotonic() - self._began
        shares = {each: (worked(each) - was) / elapsed for each, was in self._before.items()}
        return [f"{share:.2f} of a core: {each}" for each, share in shares.items() if share > BUSY]


def worked(process: psutil.Process) -> float:
    """Return how many seconds a process has worked; a child may have been replaced meanwhile."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system
