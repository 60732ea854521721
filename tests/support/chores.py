"""Functions for workers to run, that leave a trace which outlives any process.

Each is made inside a function, so that a client sends it by value. A trace is a file: one line
per event, appended in one write, so that a test sees how often something was run, by whom and
when, whatever was killed meanwhile.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.waiting import wait_until

Chore = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a task: its name, the child that ran it, and when it began and ended."""

    name: str
    pid: int
    began: float
    ended: float | None


class Trace:
    """The file that chores write to."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        path.touch()

    def runs(self) -> list[Run]:
        """Return every run so far, in the order in which they began."""
        begun: dict[tuple[str, int, int], Run] = {}
        for line in Path(self.path).read_text(encoding="utf-8").splitlines():
            event, name, pid, nonce, at = line.split()
            key = (name, int(pid), int(nonce))
            if event == "began":
                begun[key] = Run(name, int(pid), float(at), None)
            else:
                begun[key] = Run(name, int(pid), begun[key].began, float(at))
        return list(begun.values())

    def wait_for_begun(self, count: int, timeout: float = 20.0) -> list[Run]:
        """Wait until ``count`` runs have begun; return all of them."""
        wait_until(lambda: len(self.runs()) >= count, f"{count} runs have begun", timeout)
        return self.runs()


def traced_nap() -> Chore:
    """Return ``nap(path, name, seconds)``: notes its begin, sleeps, notes its end."""

    def nap(path: str, name: str, seconds: float) -> str:
        import os  # noqa: PLC0415 - a function brings its imports along
        import time  # noqa: PLC0415

        nonce = time.monotonic_ns()

        def note(event: str) -> None:
            line = f"{event} {name} {os.getpid()} {nonce} {time.monotonic()}\n"
            file = os.open(path, os.O_WRONLY | os.O_APPEND)
            os.write(file, line.encode())
            os.close(file)

        note("began")
        time.sleep(seconds)
        note("ended")
        return name

    return nap


def traced_death() -> Chore:
    """Return ``die(path, how)``: notes its begin, then ends its process."""

    def die(path: str, how: str) -> None:
        import ctypes  # noqa: PLC0415
        import os  # noqa: PLC0415
        import signal  # noqa: PLC0415
        import time  # noqa: PLC0415

        line = f"began {how} {os.getpid()} {time.monotonic_ns()} {time.monotonic()}\n"
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
        os.write(file, line.encode())
        os.close(file)
        if how == "exit":
            os._exit(3)
        if how == "segfault":
            ctypes.string_at(0)
        os.kill(os.getpid(), signal.SIGKILL)

    return die


def most_at_once(runs: list[Run]) -> int:
    """Return how many of these runs, all ended, overlapped at most."""
    edges = [(run.began, 1) for run in runs] + [(run.ended or time.monotonic(), -1) for run in runs]
    level = most = 0
    for _, step in sorted(edges):
        level += step
        most = max(most, level)
    return most
