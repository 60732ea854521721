"""What a look at something found: one line, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is: fail makes the exit code 1."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: which ``check``, what was found, and what to ``do`` (empty if nothing)."""

    check: str
    level: Level
    text: str
    do: str = ""


def ok(check: str, text: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(check, Level.OK, text)


def warn(check: str, text: str, do: str) -> Finding:
    """Return that something may bite."""
    return Finding(check, Level.WARN, text, do)


def fail(check: str, text: str, do: str) -> Finding:
    """Return that something cannot work as it is."""
    return Finding(check, Level.FAIL, text, do)
