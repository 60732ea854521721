"""One seed from beginning to end, with its story where that is wanted or something went wrong."""

from tests.support.simulation.plan import Plan
from tests.support.simulation.rules import Rule, Violation
from tests.support.simulation.telling import in_words
from tests.support.simulation.world import Cores, Report, World

LAST_EVENTS = 60
"""How much of the story a failure shows."""


def simulate(plan: Plan, cores: Cores | None = None, *, told: bool = False) -> Report:
    """Run one plan; ``told``: keep its story.

    Raise Violation, with the end of the story and the way to replay it, if all is not well.
    """
    cores = cores or Cores()
    try:
        return run(World(plan, cores, told=told))
    except Violation as violation:
        raise explained(plan, cores, violation) from violation


def run(world: World) -> Report:
    """Run a world; raise Violation if all is not well, an error of the cores or the store too."""
    try:
        return world.run()
    except Violation:
        raise
    except Exception as error:
        raise Violation(Rule.NO_ERROR, f"{type(error).__name__}: {error}") from error


def explained(plan: Plan, cores: Cores, violation: Violation) -> Violation:
    """Return the violation with the end of the story: the same run once more, told this time."""
    world = World(plan, cores, told=True)
    kind = "" if plan.kind == "any" else f" KIND={plan.kind}"
    try:
        run(world)
    except Violation as again:
        violation = again
    return Violation(
        violation.rule,
        f"\n{world.story.text(in_words, LAST_EVENTS)}\n"
        f"seed {plan.seed} at {world.timeline.now:.3f} ms: {violation}\n"
        f"once more, with the whole story: make sim SEED={plan.seed}{kind}",
    )
