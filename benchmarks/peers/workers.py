"""Worker processes that a driver starts by their own command lines, and ends; stdlib only."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path


class Workers:
    """Processes of one system, each with a session of its own; their output goes to stderr."""

    def __init__(self) -> None:
        """Start with none."""
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str, folder: str, environment: dict[str, str]) -> None:
        """Start a program of this environment's ``bin`` folder (or, with ``-m``, a module)."""
        program, *rest = arguments
        first = sys.executable if program == "-m" else str(Path(sys.executable).parent / program)
        command = [first, *(("-m",) if program == "-m" else ()), *rest]
        self._started.append(
            subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr,
                start_new_session=True,
            )
        )

    def stop(self, grace_s: float = 3.0) -> None:
        """Ask all to end, and kill those that do not."""
        for each in self._started:
            each.terminate()
        for each in self._started:
            try:
                each.wait(grace_s)
            except subprocess.TimeoutExpired:
                each.kill()
                each.wait()
            with suppress(ProcessLookupError):  # its whole group has ended, as it should
                os.killpg(each.pid, signal.SIGKILL)
        self._started.clear()
