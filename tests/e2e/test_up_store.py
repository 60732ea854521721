"""``gofer up`` while its bundled store dies: started again where it was, and nothing is lost."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.caller import Caller
from tests.support.chores import Trace, traced_nap
from tests.support.processes import ProcessRunner, StartedProcess
from tests.support.system import QUICK_TIMERS
from tests.support.traces import Surroundings
from tests.support.waiting import wait_until

TASKS = 60
KILLED_AFTER = (10, 30)
"""After how many submitted tasks the store is killed."""


class Up:
    """``gofer up`` over the bundled store, and what surrounds it."""

    def __init__(self, processes: ProcessRunner, folder: Path) -> None:
        self._processes = processes
        self.surroundings = Surroundings(folder)
        self.data = folder / "data"

    def start(self, *arguments: str, data: str | None = None) -> tuple[StartedProcess, str]:
        """Start it and wait until it is up; return it with the URL of its web service."""
        store = f"embedded://{self.data}" if data is None else data
        words = ("up", "--store", store, "--port", "0", "-w", "2", *arguments)
        environment = {**self.surroundings.environment, **QUICK_TIMERS}
        environment["GOFER_DISPATCHER_PORT"] = "0"
        up = self._processes.start_module("gofer.entrypoints.cli", *words, env=environment)
        says = "gofer is up: "
        up.wait_for_log(says, 30)
        return up, up.log().partition(says)[2].split()[0]

    def keeper(self) -> psutil.Process:
        """Return the process between ``gofer up`` and the server, once it runs."""
        return wait_until(self._keepers, "the keeper runs")[0]

    def server(self) -> psutil.Process:
        """Return the bundled server's process (its title hides our mark), once it runs."""

        def found() -> list[psutil.Process]:
            try:
                return [child for keeper in self._keepers() for child in keeper.children()]
            except psutil.NoSuchProcess:  # it has just died, and another one comes
                return []

        return wait_until(found, "the server runs")[0]

    def _keepers(self) -> list[psutil.Process]:
        found: list[psutil.Process] = []
        for process in self.surroundings.processes():
            with suppress(psutil.NoSuchProcess):
                if any(word.endswith("keeper.py") for word in process.cmdline()):
                    found.append(process)
        return found


@pytest.fixture
def up(processes: ProcessRunner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    made = Up(processes, tmp_path_factory.mktemp("u"))  # a socket's path has to be short
    yield made
    processes.end()
    made.surroundings.wait_until_clean()


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    return Trace(tmp_path / "trace")


def persistent(call: Callable[[], str]) -> str:
    """Return the first answer that is no refusal; a refused call was not acknowledged."""

    def tried() -> str:
        try:
            return call()
        except (AssertionError, httpx.TransportError):  # 503 while the store is away
            return ""

    return wait_until(tried, "the call is acknowledged", 20)


@pytest.mark.parametrize("mode", ["local", "push"])
def test_no_acknowledged_task_is_lost_when_the_store_is_killed_under_load(
    up: Up, trace: Trace, mode: str
) -> None:
    process, url = up.start("-m", mode)
    acknowledged: list[str] = []
    with Caller(url) as caller:
        nap = caller.register(traced_nap())
        for number in range(TASKS):
            if number in KILLED_AFTER:
                up.server().kill()
            execute = partial(caller.execute, nap, trace.path, f"n{number}", 0.02)
            acknowledged.append(persistent(execute))
        wait_until(lambda: ready(url), "the web service is ready")
        endings = caller.endings(acknowledged, 40)
    assert [ending.value for ending in endings] == [f"n{number}" for number in range(TASKS)]
    # a task may run again only if its submission was repeated, or its claim's answer was lost
    assert len(trace.runs()) <= TASKS + 2 * len(KILLED_AFTER)
    assert process.log().count("the store is there again") == len(KILLED_AFTER)
    assert process.stop() == 0


def ready(url: str) -> bool:
    return httpx.get(f"{url}/readyz").status_code == 200


def test_a_store_whose_data_is_kept_nowhere_still_keeps_it_over_its_own_death(up: Up) -> None:
    process, url = up.start(data="embedded://")
    with Caller(url) as caller:
        task_id = caller.submit(len, "four")
        assert caller.ending(task_id).value == 4
        up.keeper().kill()
        process.wait_for_log("the store is there again")
        wait_until(lambda: ready(url), "the web service is ready")
        assert caller.ending(task_id).value == 4
        assert caller.ending(caller.submit(len, "three"), 30).value == 5


def test_a_store_that_cannot_be_brought_back_ends_it_with_the_reason(up: Up) -> None:
    process, _ = up.start("-m", "pull")
    (log,) = (up.data / "appendonlydir").glob("*.incr.aof")
    log.write_bytes(b"rubbish" * 100)
    up.server().kill()
    process.wait_for_log("restart in 4 s", 30)
    assert process.wait(40) == 1
    last = process.log().splitlines()[-5:]
    told = "gofer: the store is unavailable: the bundled server died 6 times"
    assert any(told in line for line in last)
    assert "Bad file format reading the append only file" in process.log()
    assert "Traceback" not in process.log()
