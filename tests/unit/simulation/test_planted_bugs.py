"""The simulation finds bugs: cores and stores that are wrong on purpose do not get through.

Each bug is found by seeds that ``make sim BUGS=pin`` has searched, by the very rule that it
breaks; the parts as they are pass the same seeds.
"""

import pytest

from tests.support.simulation.pins import broken, pinned
from tests.support.simulation.planted import BUGS, Bug
from tests.support.simulation.simulate import simulate

PINNED = pinned()


def name_of(bug: Bug) -> str:
    return bug.name


def test_every_planted_bug_has_seeds_that_find_it() -> None:
    assert {name for name, seeds in PINNED.items() if seeds} == {bug.name for bug in BUGS}


@pytest.mark.parametrize("bug", BUGS, ids=name_of)
def test_a_part_that_goes_wrong_is_found_out_by_the_rule_that_it_breaks(bug: Bug) -> None:
    seeds = PINNED[bug.name]
    assert {seed: broken(bug, seed) for seed in seeds} == dict.fromkeys(seeds, bug.rule)


@pytest.mark.parametrize("bug", BUGS, ids=name_of)
def test_the_parts_as_they_are_pass_the_same_seeds(bug: Bug) -> None:
    for seed in PINNED[bug.name]:
        assert simulate(bug.plans(seed)).seed == seed
