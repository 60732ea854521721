"""A bug to plant in the scripts: a change of their text."""

from collections.abc import Mapping
from dataclasses import dataclass

SHARED = ("shared",)


@dataclass(frozen=True)
class PlantedBug:
    """A bug: in ``script``, ``right`` becomes ``wrong``. A name of SHARED means all scripts.

    ``walk`` is the seed of the first long walk that sees it; a wrong one costs time, no more.
    """

    name: str
    script: str
    right: str
    wrong: str
    walk: int = 0

    def planted_in(self, scripts: Mapping[str, str]) -> dict[str, str]:
        """Return the scripts with this bug; fail if the text to change is not there."""
        broken = dict(scripts)
        for name in broken if self.script in SHARED else [self.script]:
            assert self.right in broken[name], f"{self.right!r} is not in {name}"
            # what they share stands first in each script
            if self.script in SHARED:
                broken[name] = broken[name].replace(self.right, self.wrong, 1)
            else:
                before, _, after = broken[name].rpartition(self.right)
                broken[name] = before + self.wrong + after
        return broken
