"""Start and close: ready when it says so, and nothing is left behind."""

import asyncio
import base64
import os
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from gofer.adapters.processes.supervisor import Supervisor
from tests.contracts.executor import Bench, double, dumped, endless, pickled
from tests.support.processes import ProcessRunner
from tests.support.waiting import wait_until

FILES_BEFORE_AND_AFTER = """
import asyncio, os, sys
from pathlib import Path
from gofer.adapters.processes.supervisor import Supervisor

def descriptors():
    return sorted(os.listdir("/dev/fd"))

async def use(slots):
    supervisor = Supervisor(slots, worker="w")
    await supervisor.start()
    await supervisor.close()

before = descriptors()
for slots in (1, 3, 1):
    asyncio.run(use(slots))
assert descriptors() == before, (before, descriptors())
assert os.listdir(sys.argv[1]) == [], os.listdir(sys.argv[1])
loaded = [name for name in ("dill", "gofer.adapters.processes.child") if name in sys.modules]
assert loaded == [], loaded
try:
    print("children:", os.waitpid(-1, os.WNOHANG))
except ChildProcessError:
    print("nothing is left")
"""

NO_START = """
import asyncio, multiprocessing, os
from gofer.adapters.processes.nursery import ChildrenDoNotStart
from gofer.adapters.processes.supervisor import Supervisor

multiprocessing.set_executable("/bin/false")
try:
    asyncio.run(Supervisor(2, worker="w").start())
except ChildrenDoNotStart as error:
    print(error)
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("nothing is left")
"""

LASTING = """
import asyncio
from gofer.adapters.processes.supervisor import Supervisor

async def main():
    await Supervisor(1, worker="w").start()
    print("started", flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""

HOST_OF_ONE_TASK = """
import asyncio, base64, sys
from gofer.adapters.processes.supervisor import Supervisor
from gofer.domain.identifiers import Attempt
from gofer.domain.protocol.messages import Assignment, FunctionBody

async def main():
    supervisor = Supervisor(1, worker="w")
    await supervisor.start()
    supervisor.learn([FunctionBody("digest", base64.b64decode(sys.argv[1]))])
    payload = base64.b64decode(sys.argv[2])
    supervisor.execute([Assignment(Attempt("t", 1, "t"), "digest", payload)])
    print(await supervisor.events())
    await supervisor.close()
    print("closed")

asyncio.run(main())
"""


def test_a_daemon_that_a_task_has_set_free_does_not_hold_up_the_close(
    processes: ProcessRunner, tmp_path: Path
) -> None:
    def set_free(flag: str) -> None:
        import os  # noqa: PLC0415
        import time  # noqa: PLC0415

        if os.fork() == 0:
            os.setsid()
            while os.path.exists(flag):  # noqa: PTH110
                time.sleep(0.05)
            os._exit(0)

    flag = tmp_path / "flag"
    flag.touch()
    words = (pickled(set_free).payload, dumped(((str(flag),), dict[str, object]())))
    arguments = [base64.b64encode(word).decode() for word in words]
    process = processes.start([sys.executable, "-c", HOST_OF_ONE_TASK, *arguments], name="host")
    try:
        assert process.wait() == 0
        assert process.log().endswith("closed\n")
    finally:
        flag.unlink()


def test_closing_leaves_no_process_descriptor_or_file_and_loads_no_dill(
    processes: ProcessRunner, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", FILES_BEFORE_AND_AFTER, str(tmp_path)]
    process = processes.start(command, name="user", env={"TMPDIR": str(tmp_path)})
    assert process.wait() == 0
    assert process.log() == "nothing is left\n"


async def test_busy_and_stubborn_children_are_gone_after_close() -> None:
    def stubborn() -> None:
        import signal  # noqa: PLC0415

        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            pass

    strangers = set(psutil.Process().children(recursive=True))  # the session's server, say
    supervisor = Supervisor(2, worker="tester", grace_s=0.1)
    await supervisor.start()
    bench = Bench(supervisor)
    tasks = [bench.task(stubborn), bench.task(endless), bench.task(endless)]
    supervisor.execute(tasks)
    await bench.begun(*tasks[:2])
    descendants = set(psutil.Process().children(recursive=True)) - strangers
    family = [one for one in descendants if leads_a_session(one)]
    await supervisor.close()
    assert len(family) >= 2
    wait_until(lambda: not any(map(is_alive, family)), "all children are gone")


def leads_a_session(process: psutil.Process) -> bool:
    return os.getsid(process.pid) == process.pid


def is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_children_that_cannot_start_are_an_error_that_says_why(processes: ProcessRunner) -> None:
    process = processes.start([sys.executable, "-c", NO_START], name="user")
    assert process.wait() == 0
    assert "the child processes do not start: " in process.log()
    assert process.log().endswith("nothing is left\n")


async def test_a_start_that_is_cancelled_leaves_nothing() -> None:
    supervisor = Supervisor(2, worker="tester")
    starting = asyncio.create_task(supervisor.start())
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting


async def test_two_supervisors_in_one_process_do_not_disturb_each_other() -> None:
    first, second = Supervisor(1, worker="first"), Supervisor(1, worker="second")
    await first.start()
    await second.start()
    assert await Bench(first).value(double, 1) == 2
    await first.close()
    assert await Bench(second).value(double, 2) == 4
    await second.close()


def test_what_a_supervisor_left_that_was_killed_with_all_its_processes_goes_with_the_next(
    processes: ProcessRunner, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("s")  # a socket's path has to be short
    environment = {"TMPDIR": str(folder)}
    killed = processes.start([sys.executable, "-c", LASTING], name="killed", env=environment)
    killed.wait_for_log("started")
    family = [*killed.descendants(), psutil.Process(killed.pid)]
    for member in family:
        member.suspend()  # none of them sees the others die
    for member in family:
        member.kill()
    killed.wait()
    psutil.wait_procs(family[:-1], timeout=10)
    assert len(list(folder.iterdir())) == 1
    command = [sys.executable, "-c", FILES_BEFORE_AND_AFTER, str(folder)]
    process = processes.start(command, name="next", env=environment)
    assert process.wait() == 0, "it has checked that no file is left"


def test_a_supervisor_without_slots_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Supervisor(0, worker="tester")


async def test_a_long_path_for_temporary_files_does_not_stop_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A socket's path has some 100 bytes at most, and that of the forkserver's is below it."""
    folder = tmp_path / ("long" * 20)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    supervisor = Supervisor(1, worker="tester")
    await supervisor.start()
    await supervisor.close()
    assert list(folder.iterdir()) == []
