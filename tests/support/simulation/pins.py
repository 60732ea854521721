"""Which seeds find which planted bug: searched by ``make sim BUGS=pin``, kept in ``pins.json``.

A change of the cores, of the store or of how plans are drawn makes seeds tell other stories; the
search is then made again. What is pinned is only how fast the tests are, never what they demand.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.support.simulation.planted import BUGS, Bug
from tests.support.simulation.rules import Rule, Violation
from tests.support.simulation.simulate import run
from tests.support.simulation.world import World

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


def search() -> Iterator[tuple[str, list[int], int, dict[str, int]]]:
    """Yield for each bug its name, seeds that find it, how many were tried, and what else broke."""
    for bug in BUGS:
        seeds: list[int] = []
        others: Counter[str] = Counter()
        tried = 0
        while len(seeds) < WANTED and tried < SEARCHED:
            rule = broken(bug, tried)
            if rule is bug.rule:
                seeds.append(tried)
            elif rule is not None:
                others[rule.name] += 1
            tried += 1
        yield bug.name, seeds, tried, dict(others)
