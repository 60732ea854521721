"""``make sim``: one seed with its story, many seeds with their figures, or the planted bugs.

make sim SEED=7            the story of one seed, and its verdict
make sim SEEDS=100000      many seeds in two processes (FIRST=1000 begins there)
make sim BUGS=yes          which seeds find each planted bug; BUGS=pin writes them down
"""

import argparse
import sys

from tests.support.simulation.many import run_many
from tests.support.simulation.pins import SEARCHED, pin, search
from tests.support.simulation.plan import KINDS, Plan
from tests.support.simulation.rules import Violation
from tests.support.simulation.simulate import run
from tests.support.simulation.telling import fate, in_words, scene
from tests.support.simulation.world import Cores, World


def main() -> int:
    """Do what the arguments say; return 1 if a rule was broken, or a bug was not found."""
    parser = argparse.ArgumentParser(prog="make sim")
    parser.add_argument("--seed", type=int, help="tell the story of this one")
    parser.add_argument("--kind", choices=KINDS, default="any", help="of plan")
    parser.add_argument("--seeds", type=int, default=2_000, help="how many to run")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--bugs", choices=("yes", "pin"), help="search seeds for planted bugs")
    arguments = parser.parse_args()
    if arguments.seed is not None:
        return tell(KINDS[arguments.kind](arguments.seed))
    if arguments.bugs:
        return hunt(write=arguments.bugs == "pin")
    return run_all(arguments.first, arguments.seeds, arguments.processes)


def tell(plan: Plan) -> int:
    """Print the whole story of a seed."""
    world = World(plan, Cores(), told=True)
    verdict, failed = "every promise was kept", 0
    try:
        run(world)
    except Violation as violation:
        verdict, failed = f"BROKEN: {violation}", 1
    say(scene(plan))
    say(world.story.text(in_words))
    say("what became of the tasks:")
    for file in world.referee.files.values():
        say(fate(file, world.referee))
    counts = ", ".join(f"{kind} {number}" for kind, number in sorted(world.counts.items()))
    say(f"what went wrong: {counts}")
    say(f"seed {plan.seed}, {world.timeline.steps} events, {world.timeline.now:.0f} ms: {verdict}")
    return failed


def run_all(first: int, count: int, processes: int) -> int:
    """Run many seeds; print each that fails as soon as it is known, and the figures."""
    told: set[int] = set()
    table = "no seed was asked for"
    for figures, seconds in run_many(first, count, processes):
        for seed in figures.failed.keys() - told:
            told.add(seed)
            say(figures.failed[seed])
        table = figures.table(seconds)
    say(table)
    say(f"failed: {sorted(told)}" if told else "every seed kept every promise")
    return bool(told)


def hunt(*, write: bool) -> int:
    """Search seeds for every planted bug; print, and perhaps write down, what finds it."""
    found: dict[str, list[int]] = {}
    for each in search(anew=not write):
        found[each.bug.name] = seeds = sorted(each.seeds)
        rate = f"one in {each.tried / len(seeds):.0f}" if seeds else f"NONE of {SEARCHED}"
        others = f"; by another rule: {dict(each.others)}" if each.others else ""
        say(f"{each.bug.name}: {rate}, {seeds}{others}")
    if write:
        pin(found)
    return not all(found.values())


def say(text: str) -> None:
    """Print."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
