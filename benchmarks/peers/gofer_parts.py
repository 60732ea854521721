"""gofer as a user starts it: command lines, and the addresses that they print."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

PATIENCE_S = 60.0
OURS = ("PYTHONPATH", "GOFER_")
"""Variables of the suite that no part of gofer may see."""


class GoferParts:
    """Processes of one installation; each writes into a file of its own in ``folder``."""

    def __init__(self, folder: str) -> None:
        """Start nothing yet."""
        self._folder = Path(folder)
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str, **environment: str) -> Path:
        """Start ``gofer ARGUMENTS...``; return the file that it writes to."""
        log = self._folder / f"{len(self._started):02}-{arguments[0]}.log"
        env = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
        work = self._folder / "work"
        work.mkdir(exist_ok=True)
        with log.open("wb") as out:
            self._started.append(
                subprocess.Popen(
                    [sys.executable, "-m", "gofer.entrypoints.cli", *arguments],
                    cwd=work,
                    env=env | {"PYTHONUNBUFFERED": "1"} | environment,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )
        return log

    def said(self, log: Path, pattern: str) -> str:
        """Wait until the part that writes ``log`` has said something; return the first group."""
        process = self._started[int(log.name[:2])]
        deadline = time.monotonic() + PATIENCE_S
        while True:
            ended = process.poll() is not None
            found = re.search(pattern, log.read_text(errors="replace"))
            if found is not None:
                return found[1]
            if ended or time.monotonic() > deadline:
                raise TimeoutError(f"{log.name} never said {pattern!r}: {log.read_text()[-300:]}")
            time.sleep(0.005)

    def stop(self) -> None:
        """Ask all to leave, the last first; kill those that do not."""
        for process in reversed(self._started):
            process.terminate()
        for process in reversed(self._started):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._started.clear()
