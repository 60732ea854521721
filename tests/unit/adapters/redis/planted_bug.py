"""A bug to plant in the scripts: a change of their text."""

from collections.abc import Mapping
from dataclasses import dataclass

from gofer.adapters.redis.scripts import read_shared


@dataclass(frozen=True)
class PlantedBug:
    """A bug: in ``script``, the last ``right`` becomes ``wrong``.

    "shared" means the first one of the one shared file that has it, in all scripts that use that.
    ``walk`` is the seed of the first long walk that sees it; a wrong one costs time, no more.
    """

    name: str
    script: str
    right: str
    wrong: str
    walk: int = 0

    def planted_in(self, scripts: Mapping[str, str]) -> dict[str, str]:
        """Return the scripts with this bug; fail if the text to change is not there."""
        if self.script == "shared":
            (file,) = [text for text in read_shared().values() if self.right in text]
            head = file.partition("\n")[0]  # the rest of a file may be another one for a walk
            return {
                name: source.replace(self.right, self.wrong, 1) if head in source else source
                for name, source in scripts.items()
            }
        before, found, after = scripts[self.script].rpartition(self.right)
        assert found, f"{self.right!r} is not in {self.script}"
        return {**scripts, self.script: before + self.wrong + after}
