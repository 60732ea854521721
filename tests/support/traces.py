"""What a system leaves behind: processes that carry a mark in their environment, and files.

The mark is inherited by every process below, in whatever session it runs and whoever its parent
is by now.
"""

import uuid
from collections.abc import Mapping
from pathlib import Path

import psutil

from tests.support.waiting import wait_until

MARK_VARIABLE = "A_TEST_MARK"


class Surroundings:
    """A mark, an empty folder for temporary files and one for state, for one system."""

    def __init__(self, folder: Path) -> None:
        self._mark = uuid.uuid4().hex
        self.temporary = folder / "tmp"
        self.state = folder / "state"
        self.temporary.mkdir()

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that the first process of the system must be given."""
        return {
            MARK_VARIABLE: self._mark,
            "TMPDIR": str(self.temporary),
            "XDG_STATE_HOME": str(self.state),
        }

    def processes(self) -> list[psutil.Process]:
        """Return the live processes with the mark."""
        return [process for process in psutil.process_iter() if self._is_marked(process)]

    def files(self) -> list[Path]:
        """Return the temporary files."""
        return list(self.temporary.iterdir())

    def named(self, word: str) -> list[psutil.Process]:
        """Return the marked processes that have ``word`` among their arguments."""
        found: list[psutil.Process] = []
        for process in self.processes():
            try:
                if word in process.cmdline():
                    found.append(process)
            except psutil.NoSuchProcess:
                continue
        return found

    def wait_until_clean(self, timeout: float = 20.0) -> None:
        """Wait until no process and no temporary file is left."""
        wait_until(
            lambda: not self.processes() and not self.files(),
            f"nothing is left: {self._left()}",
            timeout,
        )

    def _left(self) -> str:
        """Say what there is now: what is still there later is part of it."""
        return f"{self.processes()} {self.files()}"

    def _is_marked(self, process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return process.environ().get(MARK_VARIABLE) == self._mark
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False
