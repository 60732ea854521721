"""The seeds of the suite, cut into quarters and chunks so that several processes share them.

A runner that hands out files (``--dist=loadfile``) shares the quarters, one that hands out tests
the chunks.
"""

import os

from tests.support.simulation.plan import plan_of
from tests.support.simulation.simulate import simulate

FIRST = int(os.environ.get("GOFER_SIMULATION_FIRST", "0"))
SEEDS = int(os.environ.get("GOFER_SIMULATION_SEEDS", "2000"))
A_CHUNK = 25
"""Seeds of one test."""


def chunks(quarter: int) -> list[range]:
    """Return the chunks of a quarter (0 to 3) of all seeds, each a test's."""
    seeds = range(FIRST, FIRST + SEEDS)
    return [seeds[at : at + A_CHUNK] for at in range(0, SEEDS, A_CHUNK)][quarter::4]


def name_of(chunk: range) -> str:
    """Return the name of a chunk: its first and last seed."""
    return f"{chunk.start}-{chunk.stop - 1}"


def check_seeds(chunk: range) -> int:
    """Run a chunk; raise Violation if a promise is broken. Return how many events there were."""
    return sum(simulate(plan_of(seed)).steps for seed in chunk)
