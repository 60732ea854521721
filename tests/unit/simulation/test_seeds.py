"""The simulation itself: it repeats, and quiet plans are prompt."""

import pytest

from tests.support.simulation.plan import plan_of, trickle
from tests.support.simulation.simulate import simulate
from tests.support.simulation.suite import chunks
from tests.support.simulation.telling import in_words


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


def test_the_quarters_are_all_the_seeds_once() -> None:
    seeds = [seed for quarter in range(4) for chunk in chunks(quarter) for seed in chunk]
    assert len(seeds) == len(set(seeds)) >= 1
