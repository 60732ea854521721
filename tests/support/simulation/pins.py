"""Which seeds find which planted bug: searched by ``make sim BUGS=pin``, kept in ``pins.json``.

A change of the cores, of the store or of how plans are drawn makes seeds tell other stories; the
search is then made again. What is pinned is only how fast the tests are, never what they demand.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import pytest

from tests.support.simulation.planted import BUGS, Bug
from tests.support.simulation.rules import Rule, Violation
from tests.support.simulation.simulate import run
from tests.support.simulation.world import Cores, World

PINS = Path(__file__).with_name("pins.json")

SEARCHED = 2_000
"""How many seeds are tried for a planted bug before it counts as not found."""

WANTED = 3
"""How many seeds are pinned for each."""


def pinned() -> dict[str, list[int]]:
    """Return the seeds that find each planted bug, by its name."""
    found: dict[str, list[int]] = json.loads(PINS.read_text(encoding="utf-8"))
    return found


def pin(found: Mapping[str, Sequence[int]]) -> None:
    """Write down which seeds find which bug."""
    lines = (f"    {json.dumps(name)}: {json.dumps(list(found[name]))}" for name in sorted(found))
    PINS.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def broken(bug: Bug, seed: int) -> Rule | None:
    """Plant a bug and run a seed; return the rule that was broken, if one was."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        cores = bug.plant(monkeypatch)
        try:
            run(World(bug.plans(seed), cores, told=False))
        except Violation as violation:
            return violation.rule
    return None


@dataclass(slots=True)
class Search:
    """What a search for one planted bug gave: ``seeds`` find it by its rule, of ``tried``.

    ``others`` says how often another rule was broken first.
    """

    bug: Bug
    seeds: list[int] = field(default_factory=list[int])
    tried: int = 0
    others: Counter[str] = field(default_factory=Counter[str])

    def run(self, seeds: Iterable[int]) -> "Search":
        """Try seeds until enough are found. A seed counts if nothing breaks without the bug."""
        for seed in seeds:
            if len(self.seeds) >= WANTED:
                break
            self.tried += 1
            rule = broken(self.bug, seed)
            if rule is self.bug.rule and passes(self.bug, seed):
                self.seeds.append(seed)
            elif rule is not None:
                self.others[rule.name] += 1
        return self


def passes(bug: Bug, seed: int) -> bool:
    """Return whether a seed keeps every promise without the bug."""
    try:
        run(World(bug.plans(seed), Cores(), told=False))
    except Violation:
        return False
    return True


def search(*, anew: bool) -> Iterator[Search]:
    """Search seeds for each bug; unless ``anew``, those that are pinned and still do come first."""
    before = pinned() if PINS.exists() and not anew else {}
    for bug in BUGS:
        known = before.get(bug.name, [])
        rest = (seed for seed in range(SEARCHED) if seed not in known)
        yield Search(bug).run(chain(known, rest))
