"""The whole system as real processes, started by the command lines that the contract names.

Every part is a process of its own over one Redis-compatible server, on loopback ports that were
free a moment ago. A test can kill, stop and restart each part; all are ended after it.
"""

import contextlib
import signal
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path

import pytest

from gofer.domain.ports import Point
from tests.support.caller import Caller
from tests.support.failure_logs import show_when_failed
from tests.support.leaks import keep_for_the_session
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import ProcessRunner, StartedProcess
from tests.support.redis_admin import redis_admin
from tests.support.redis_server import RedisServer
from tests.support.waiting import wait_until

MODES = ("local", "push", "pull")
REMOTE_MODES = ("push", "pull")

QUICK_TIMERS = {
    "GOFER_BEAT_MS": "300",
    "GOFER_SILENCE_MS": "1000",
    "GOFER_RENEW_MS": "500",
    "GOFER_FENCE_MS": "500",
    "GOFER_LEASE_MS": "2500",
    "GOFER_REAP_MS": "200",
}
"""Intervals a tenth as long as in production, for tests in which something must be noticed."""


CRASHING_PART = Path(__file__).with_name("crashing_part.py")


class Doomed:
    """A part that goes no further than a named point of its code."""

    def __init__(self, process: StartedProcess, point: Point, reached: Path) -> None:
        self.process = process
        self._point = point
        self._reached = reached

    def die(self, once: Callable[[], object] = lambda: True) -> None:
        """Wait until it is there and ``once`` is true; then it is dead, or killed."""
        self.stands()
        wait_until(once, f"what {self._point} waits for is there", 20)
        assert self.process.kill() == -signal.SIGKILL

    @property
    def is_there(self) -> bool:
        """Whether it has come to its point."""
        return self._reached.exists()

    def stands(self) -> None:
        """Wait until it has come to its point."""
        wait_until(self._reached.exists, f"{self.process.name} reaches {self._point}", 20)

    def go_on(self) -> None:
        """Let one that stands still there (``after``) go on, as if nothing had been."""
        self._reached.unlink()


class System:
    """Parts over one store; ``environment`` goes to each of them.

    ``url`` is that of a web service that is there already, and no part of this system.
    """

    def __init__(
        self,
        processes: ProcessRunner,
        store_url: str,
        environment: Mapping[str, str],
        url: str = "",
    ) -> None:
        self.url = url
        self.port = free_port()
        """The dispatcher's port, the same for each that is started."""
        self.store_url = store_url
        self._processes = processes
        self._environment = {"GOFER_STORE": store_url, **environment}
        self._callers = contextlib.ExitStack()

    # ------------------------------------------------------------ parts

    def start_api(self, **environment: str) -> StartedProcess:
        """Start the web service; return when it listens."""
        api = self.start("cli", "api", "--port", "0", **environment)
        says = "listens on "
        api.wait_for_log(says)
        self.url = api.log().partition(says)[2].split()[0]
        return api

    def start_uvicorn(self) -> StartedProcess:
        """Start the web service as an ASGI application factory; return when it listens."""
        port = free_port()
        factory = "gofer.entrypoints.rest.app:create_app"
        command = ["uvicorn", "--factory", factory, "--host", LOOPBACK, "--port", str(port)]
        api = self._processes.start_module(*command, env=self._environment)
        api.wait_for_log("Uvicorn running on")
        self.url = f"http://{LOOPBACK}:{port}"
        return api

    def start_dispatcher(
        self, mode: str, *arguments: str, slots: int = 2, **environment: str
    ) -> StartedProcess:
        """Start a dispatcher on this system's port; do not wait for it."""
        command = ["-m", mode, "-p", str(self.port), "-w", str(slots), *arguments]
        return self.start("dispatcher", *command, **environment)

    def start_worker(
        self, mode: str, *arguments: str, slots: int = 2, **environment: str
    ) -> StartedProcess:
        """Start a push or pull worker for this system's dispatcher; do not wait for it."""
        command = [str(slots), f"tcp://{LOOPBACK}:{self.port}", *arguments]
        return self.start(f"workers.{mode}", *command, **environment)

    def start_all(self, mode: str, *arguments: str, slots: int = 2) -> None:
        """Start one of each part that the mode needs, and a web service if there is none yet."""
        self.start_dispatcher(mode, *arguments, slots=slots)
        if mode != "local":
            self.start_worker(mode, slots=slots)
        if not self.url:
            self.start_api()

    def start(self, module: str, *arguments: str, **environment: str) -> StartedProcess:
        """Start ``python -m gofer.entrypoints.MODULE ARGUMENTS...``."""
        env = {**self._environment, **environment}
        return self._processes.start_module(f"gofer.entrypoints.{module}", *arguments, env=env)

    def start_doomed(self, point: Point, how: str, *arguments: str, **environment: str) -> Doomed:
        """Start ``gofer ARGUMENTS...`` that dies (``how``: at, after) at a point."""
        reached = self._processes.folder / f"reached-{len(self._processes.started)}"
        script = (sys.executable, "-P", str(CRASHING_PART), point, how, str(reached))
        env = {**self._environment, **environment}
        name = f"{arguments[0]} until {point}"
        process = self._processes.start((*script, *arguments), name=name, env=env)
        return Doomed(process, point, reached)

    def part(self, module: str) -> StartedProcess:
        """Return the process of ``gofer.entrypoints.MODULE`` that was started last."""
        name = f"entrypoints.{module}"
        return next(p for p in reversed(self._processes.started) if p.name == name)

    def parts(self) -> list[StartedProcess]:
        """Return the processes of this system that run."""
        return [each for each in self._processes.started if each.exit_code is None]

    # ------------------------------------------------------------ clients

    def caller(self, *, line_breaks: bool = True) -> Caller:
        """Return a client of the web service; it is closed with the system."""
        return self._callers.enter_context(Caller(self.url, line_breaks=line_breaks))

    def close(self) -> None:
        """Close the clients; the processes are their runner's."""
        self._callers.close()


def joined(process: StartedProcess, count: int = 1) -> bool:
    """Tell whether ``count`` workers have joined this dispatcher since it was started."""
    return process.log().count(" joined: ") >= count


@pytest.fixture(scope="session")
def _lasting_api(
    tmp_path_factory: pytest.TempPathFactory, redis_server_url: str
) -> Iterator[tuple[str, StartedProcess]]:
    """A web service over the session's store: it holds no state, so that one is enough."""
    runner = ProcessRunner(tmp_path_factory.mktemp("lasting-api"))
    with contextlib.closing(System(runner, redis_server_url, {})) as made:
        api = made.start_api()
        keep_for_the_session(api.pid)
        yield made.url, api
    runner.end()


@pytest.fixture
def api_url(_lasting_api: tuple[str, StartedProcess], request: pytest.FixtureRequest) -> str:
    """The URL of a web service that serves all tests which do not harm it."""
    url, process = _lasting_api
    node = request.node
    assert isinstance(node, pytest.Item)
    show_when_failed(node, "log of the session's web service", process.log)
    return url


@pytest.fixture
def system(processes: ProcessRunner, redis_url: str, api_url: str) -> Iterator[System]:
    """A system with the intervals of production over an empty store; only its API runs yet."""
    with contextlib.closing(System(processes, redis_url, {}, api_url)) as made:
        yield made


@pytest.fixture
def quick_system(processes: ProcessRunner, redis_url: str, api_url: str) -> Iterator[System]:
    """A system that notices a loss within seconds; only its web service runs yet."""
    with contextlib.closing(System(processes, redis_url, QUICK_TIMERS, api_url)) as made:
        yield made


@pytest.fixture
def fragile_system(processes: ProcessRunner, private_redis: RedisServer) -> Iterator[System]:
    """A quick system over a server of its own (``private_redis``), which the test may kill."""
    with contextlib.closing(System(processes, private_redis.url, QUICK_TIMERS)) as made:
        yield made


# ---------------------------------------------------------------- one system for many tests


@contextlib.contextmanager
def lasting_system(
    factory: pytest.TempPathFactory, store_url: str, mode: str, slots: int
) -> Generator[tuple[System, ProcessRunner]]:
    """Give a system that serves all tests of a module; the store is emptied first."""
    with redis_admin(store_url) as admin:
        admin.flushdb()
    runner = ProcessRunner(factory.mktemp(f"system-{mode}"))
    try:
        with contextlib.closing(System(runner, store_url, {})) as made:
            made.start_all(mode, slots=slots)
            yield made, runner
    finally:
        runner.end()


def show_logs(runner: ProcessRunner, node: pytest.Item) -> None:
    """Have the logs of a lasting system shown if this test fails."""
    for process in runner.started:
        show_when_failed(node, f"log of {process.name} (pid {process.pid})", process.log)
