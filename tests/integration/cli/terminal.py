"""Runs ``gofer`` in this process, as from a shell whose output goes into a pipe."""

import json
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from gofer.entrypoints.cli import app


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return stdout as JSON."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """Return the lines of stdout."""
        return self.out.splitlines()


class Gofer:
    """``gofer("task", "ls")``."""

    def __call__(self, *words: str, stdin: str | None = None) -> Said:
        """Run a command; a bug of it is raised here."""
        result = CliRunner().invoke(app, words, input=stdin, prog_name="gofer")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)
