"""The suite's side of the conversation with a driver: ask, wait, and leave nothing behind."""

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import psutil

from benchmarks.environments import ROOT
from benchmarks.processes import MARK_VARIABLE, kill_marked, marked, new_mark
from benchmarks.signals import end_with_parent, held_back

STOP_S = 20.0
LOOK_S = 0.5


class Problem(Exception):
    """A system did not do what it was asked; the message goes into its row."""


class Driver:
    """A driver's process; a context manager. ``module`` is one of ``benchmarks.peers``."""

    def __init__(self, module: str, python: Path | None, answer_s: float) -> None:
        """Start it with ``python`` (the project's own by default)."""
        self.answer_s = answer_s
        self.mark = new_mark()
        self.folder = Path(tempfile.mkdtemp(prefix="b-"))  # short: sockets are made below it
        self.log = self.folder / "driver.log"
        chosen = python or Path(sys.executable)
        self.hangs = False
        """Whether it failed to answer: it is asked nothing more, and killed in the end."""
        self._answers: queue.Queue[str] = queue.Queue()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(chosen), "-m", f"benchmarks.peers.{module}_peer"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=self.folder,
                env=self._environment(chosen),
                start_new_session=True,  # Ctrl-C reaches the suite, which ends drivers in order
                preexec_fn=end_with_parent(),  # noqa: PLW1509 - one call of a function at hand
            )
        assert self._process.stdout is not None, "a pipe was asked for"
        reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        reader.start()

    @property
    def pid(self) -> int:
        """Return the driver's own process, which is the client."""
        return self._process.pid

    def processes(self) -> list[psutil.Process]:
        """Return the driver and everything that it has started."""
        return marked(self.mark)

    def ask(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Have an operation done; raise Problem if it fails, or takes longer than it may."""
        if self.hangs:
            raise Problem("not asked: it did not answer before")
        assert self._process.stdin is not None, "a pipe was asked for"
        try:
            self._process.stdin.write(json.dumps({"do": operation, **arguments}) + "\n")
            self._process.stdin.flush()
            line = self._answer()
        except queue.Empty:
            self.hangs = True
            raise Problem(f"{operation}: no answer within {self.answer_s:.0f} s") from None
        except OSError:
            line = ""
        if not line:
            self.hangs = True
            raise Problem(f"{operation}: its driver ended: {self._last_words()}")
        answer: dict[str, Any] = json.loads(line)
        if "problem" in answer:
            raise Problem(f"{operation}: {answer['problem']}")
        return answer

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the system, kill what is left of it, remove its files."""
        try:
            self.answer_s = STOP_S
            if not self.hangs and kind in {None, Problem}:
                self.ask("stop")
        except Problem:
            pass  # it is killed all the same
        finally:
            with held_back():
                kill_marked(self.mark)
                self._process.wait()
                for pipe in (self._process.stdin, self._process.stdout):
                    if pipe is not None:
                        _close(pipe)
                shutil.rmtree(self.folder, ignore_errors=True)

    def _environment(self, python: Path) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TZ") if name in os.environ}
        return {
            **kept,
            MARK_VARIABLE: self.mark,
            "PATH": f"{python.parent}:{os.environ.get('PATH', '')}",
            "PYTHONPATH": str(ROOT),  # the drivers are modules of the checkout
            "PYTHONUNBUFFERED": "1",
            "HOME": str(self.folder),  # some systems write there
            "TMPDIR": str(self.folder),
        }

    def _answer(self) -> str:
        """Wait for a line; empty if the driver ends (a child of it may hold its stdout open).

        Raises queue.Empty after ``answer_s``.
        """
        deadline = time.monotonic() + self.answer_s
        while True:
            ended = self._process.poll() is not None
            try:
                return self._answers.get(timeout=min(LOOK_S, deadline - time.monotonic()))
            except (queue.Empty, ValueError):  # ValueError: the time was up before
                if ended:
                    return ""
                if time.monotonic() >= deadline:
                    raise queue.Empty from None

    def _read(self, out: IO[str]) -> None:
        for line in out:
            self._answers.put(line)
        self._answers.put("")

    def _last_words(self) -> str:
        return self.log.read_text(errors="replace")[-300:].strip().replace("\n", " | ")


def _close(pipe: IO[str]) -> None:
    with suppress(OSError):  # what was not written yet has no reader any more
        pipe.close()
