"""What preflight finds in a function, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is: an ERROR will fail wherever the function runs."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend: ``code`` names its kind, ``name`` what it is about, ``text`` what to do.

    ``line`` counts from 1; None where there is none.
    """

    level: Level
    code: str
    name: str
    line: int | None
    text: str
