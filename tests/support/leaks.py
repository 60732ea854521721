"""Fails a test that leaves a process, a thread or a file descriptor behind.

Every test is watched. A test that has failed already is not: its traceback keeps objects alive.
On Linux pytest becomes the parent of orphans (a "subreaper"), so that a grandchild whose parent was
killed is seen here instead of vanishing to process 1.
"""

import ctypes
import gc
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import forkserver, resource_tracker
from pathlib import Path

import psutil
import pytest

from tests.support.failure_logs import has_failed
from tests.support.family import descendants
from tests.support.waiting import wait_until

# what has been told to stop gets this long to be gone
SETTLE_S = float(os.environ.get("GOFER_TEST_SETTLE_S", "5"))
PR_SET_CHILD_SUBREAPER = 36
DESCRIPTORS = Path("/dev/fd")
STDLIB_SERVERS = ("multiprocessing.forkserver", "multiprocessing.resource_tracker")

_kept_processes: set[int] = set()


@dataclass(frozen=True, slots=True)
class Holdings:
    """What this process holds at one moment."""

    processes: frozenset[psutil.Process]
    threads: frozenset[threading.Thread]
    descriptors: frozenset[tuple[int, str]]

    def beyond(self, before: "Holdings") -> list[str]:
        """Return a line for each thing that is held now and was not held ``before``."""
        return [
            *(f"process {_command(each)}" for each in self.processes - before.processes),
            *(f"thread {each.name}" for each in self.threads - before.threads),
            *(f"file descriptor {n} ({to})" for n, to in self.descriptors - before.descriptors),
        ]


def keep_for_the_session(pid: int) -> None:
    """Do not count this child: a fixture of the whole session started it and will end it."""
    _kept_processes.add(pid)


def holdings() -> Holdings:
    """Return the live descendants, threads and open descriptors of this process."""
    return Holdings(
        frozenset(filter(_counts, descendants(os.getpid()))),
        frozenset(threading.enumerate()),
        frozenset(_descriptors()),
    )


@pytest.fixture(autouse=True)
def nothing_is_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Compare what is held after the test with what was held before it."""
    before = holdings()
    yield
    node = request.node
    assert isinstance(node, pytest.Item)
    if has_failed(node) or not holdings().beyond(before):
        return
    gc.collect()  # what only a cycle of references keeps open is not leaked
    with suppress(AssertionError):  # the message below is the better one
        wait_until(lambda: not holdings().beyond(before), "nothing is left behind", SETTLE_S)
    after = holdings()
    left = after.beyond(before)
    for process in after.processes - before.processes:  # the next test starts clean all the same
        with suppress(psutil.NoSuchProcess):
            process.kill()
    assert not left, "left behind: " + "; ".join(left)


@pytest.fixture(autouse=True, scope="session")
def orphans_come_to_us() -> None:
    """Make this process the parent of orphaned descendants, where the system can."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl refused")


def _counts(process: psutil.Process) -> bool:
    if process.pid in _kept_processes:
        return False
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        line = " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False
    return not any(server in line for server in STDLIB_SERVERS)


def _command(process: psutil.Process) -> str:
    with suppress(psutil.NoSuchProcess):
        return f"{process.pid}: {' '.join(process.cmdline())}"
    return f"{process.pid}, gone meanwhile"


def _descriptors() -> Iterator[tuple[int, str]]:
    ours = _stdlib_descriptors()
    for link in DESCRIPTORS.iterdir():
        number = int(link.name)
        try:
            target = str(link.readlink())
        except OSError:  # the one that listed the folder is closed again; or not a link (macOS)
            continue
        if number not in ours:
            yield number, target


def _stdlib_descriptors() -> set[object]:
    """Return what multiprocessing keeps open as long as this process lives, once it was used."""
    # private names, for want of public ones; a renamed one shows as a leak, not as a silent pass
    server: object = getattr(forkserver, "_forkserver")  # noqa: B009
    tracker: object = getattr(resource_tracker, "_resource_tracker")  # noqa: B009
    return {getattr(server, "_forkserver_alive_fd", None), getattr(tracker, "_fd", None)}
