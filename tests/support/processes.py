"""Starts real processes for a test, keeps their output, and ends every one of them.

A test that starts a process must be able to show what the process said, and must never leave it
behind. The working folder of a process is an empty one, so that this checkout's bare ``domain``,
``adapters`` and ``entrypoints`` are not importable in it.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.support.failure_logs import show_when_failed
from tests.support.family import descendants
from tests.support.waiting import wait_until

GRACE_S = 5.0

PATIENCE_S = 40.0
"""For what a process says or does in the end. Under a test's 60 s, and long: beside other tests on
two cores a part takes several seconds to start, and many are started at once.
"""


class StartedProcess:
    """A process that leads its own group, and the file that its stdout and stderr go to."""

    def __init__(self, name: str, popen: subprocess.Popen[bytes], log_path: Path) -> None:
        self.name = name
        self.log_path = log_path
        self._popen = popen
        self._asked = False
        self._family: list[psutil.Process] = []

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, minus the signal's number for a death by signal, None while it runs."""
        return self._popen.poll()

    def log(self) -> str:
        """Return everything it has written so far."""
        return self.log_path.read_text(errors="replace")

    def wait_for_log(self, fragment: str, timeout: float = PATIENCE_S) -> None:
        """Wait until ``fragment`` is in its output; fail at once if it ends without writing it."""

        def found() -> bool:
            ended = self.exit_code is not None
            if fragment in self.log():
                return True
            if ended:
                message = f"{self.name} ended with {self.exit_code} before it said {fragment!r}"
                raise AssertionError(message)
            return False

        wait_until(found, f"{self.name} says {fragment!r}", timeout)

    def wait(self, timeout: float = PATIENCE_S) -> int:
        """Return its exit code; fail after ``timeout`` seconds."""
        wait_until(lambda: self.exit_code is not None, f"{self.name} ends", timeout)
        return self._popen.wait()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to this process alone, not to its children."""
        self._popen.send_signal(number)

    def descendants(self) -> list[psutil.Process]:
        """Return its children, their children and so on, as long as it lives itself."""
        return descendants(self.pid) if self.exit_code is None else []

    def stop(self, timeout: float = PATIENCE_S) -> int:
        """Ask it to end (SIGTERM) and return its exit code."""
        if self.exit_code is None:
            self.send(signal.SIGTERM)
        return self.wait(timeout)

    def ask_to_end(self) -> None:
        """Send SIGTERM once (a second one makes our parts hurry), unless it has ended."""
        self._family += self.descendants()
        if self.exit_code is None and not self._asked:
            self._asked = True
            self.send(signal.SIGTERM)

    def kill(self) -> int:
        """Kill it (SIGKILL) as a crash would, its children not; return its exit code."""
        self._popen.kill()
        return self._popen.wait()

    def end(self, grace: float = GRACE_S) -> None:
        """Leave nothing of it behind: SIGTERM, a grace period, SIGKILL for all that is left."""
        self.ask_to_end()
        try:
            self._popen.wait(grace)
        except subprocess.TimeoutExpired:
            self._family += self.descendants()
        with suppress(ProcessLookupError):  # the whole group has ended, as it should
            os.killpg(self.pid, signal.SIGKILL)
        for process in self._family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._popen.wait()


class ProcessRunner:
    """Starts processes in one folder and knows all that it has started."""

    def __init__(self, folder: Path, node: pytest.Item | None = None) -> None:
        self.folder = folder
        self._node = node
        self.started: list[StartedProcess] = []

    def start_module(
        self,
        module: str,
        *args: str,
        name: str | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> StartedProcess:
        """Start ``python -m module args...``."""
        command = (sys.executable, "-m", module, *args)
        return self.start(command, name=name or module.removeprefix("gofer."), env=env, cwd=cwd)

    def start(
        self,
        command: Sequence[str],
        *,
        name: str,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> StartedProcess:
        """Start a command in a group of its own; ``env`` comes on top of ours less GOFER_*."""
        number = len(self.started) + 1
        log_path = self.folder / f"{number:02}-{name.replace('/', '_')}.log"
        ours = {key: value for key, value in os.environ.items() if not key.startswith("GOFER_")}
        work = cwd or self.folder / f"{number:02}"
        work.mkdir(exist_ok=True)
        with log_path.open("wb") as log:
            popen = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=work,
                env=ours | {"PYTHONUNBUFFERED": "1"} | dict(env or {}),
                start_new_session=True,
            )
        process = StartedProcess(name, popen, log_path)
        self.started.append(process)
        if self._node is not None:
            show_when_failed(self._node, f"log of {name} (pid {popen.pid})", process.log)
        return process

    def end(self) -> None:
        """End everything; all are asked at once, so that it takes as long as the slowest."""
        for process in reversed(self.started):
            process.ask_to_end()
        for process in reversed(self.started):
            process.end()


@pytest.fixture
def processes(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[ProcessRunner]:
    """Start processes in a test; they are ended after it, and their logs shown if it fails."""
    node = request.node
    assert isinstance(node, pytest.Item)
    runner = ProcessRunner(tmp_path_factory.mktemp("processes"), node)
    yield runner
    runner.end()


def is_running(pid: int) -> bool:
    """Tell whether ``pid`` is a process that has not ended; a zombie has ended."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
