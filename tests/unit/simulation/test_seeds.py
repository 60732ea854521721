"""Both cores, the memory store and a faulty network, in simulated time, seed after seed.

``GOFER_SIMULATION_FIRST`` and ``GOFER_SIMULATION_SEEDS`` choose other seeds, or more of them;
``make sim`` runs more still, and tells one seed's story.
"""

import os

import pytest

from tests.support.simulation.plan import plan_of, trickle
from tests.support.simulation.simulate import simulate
from tests.support.simulation.telling import in_words

FIRST = int(os.environ.get("GOFER_SIMULATION_FIRST", "0"))
SEEDS = int(os.environ.get("GOFER_SIMULATION_SEEDS", "2000"))
A_TEST = 25
"""Seeds of one test: few enough for two processes to share them evenly."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("first", range(FIRST, FIRST + SEEDS, A_TEST))
def test_any_seed_keeps_every_promise(first: int) -> None:
    for seed in range(first, min(first + A_TEST, FIRST + SEEDS)):
        report = simulate(plan_of(seed))
        assert report.seed == seed
        assert report.steps > 0


@pytest.mark.parametrize("seed", range(5))
def test_a_task_that_finds_a_free_slot_never_waits_for_the_next_poll(seed: int) -> None:
    assert simulate(trickle(seed)).runs == 40


def test_the_same_seed_tells_the_same_story() -> None:
    one, other = simulate(plan_of(3), told=True), simulate(plan_of(3), told=True)
    assert one == other
    assert one.story.text(in_words) == other.story.text(in_words)
    assert len(one.story) > 100


def test_a_story_that_is_not_kept_changes_nothing() -> None:
    assert simulate(plan_of(3)) == simulate(plan_of(3), told=True)
