"""What may go wrong in a simulation, and what of it a seed decides to let go wrong when.

Link faults of single messages (loss, doubling, delay) are in the plan's ``link``; here is what
befalls nodes, connections and the store.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

MOST_FAULTS = 7
"""Most faults of one plan, besides what messages suffer and what happens to a node by chance."""


class Fault(StrEnum):
    """What befalls a node, a connection or the store."""

    CUT = "cut"
    """Nothing passes one way between a worker and its dispatcher."""
    PARTITION = "partition"
    """Nothing passes either way."""
    FLAP = "flap"
    """A partition that comes and goes."""
    SWIZZLE = "swizzle"
    """All workers are cut off one after another, and come back in another order."""
    PAUSE = "pause"
    """A process is stopped, and goes on."""
    CRASH = "crash"
    """A process is killed, and started again."""
    DRAIN = "drain"
    """A process is asked to leave, and started again."""
    CHILD = "child"
    """A child of a worker's executor dies under the task that it runs."""
    OUTAGE = "outage"
    """The store refuses; some of what it refuses it has done all the same."""
    MUTE = "mute"
    """The store does what it is asked, and the answers are lost."""
    ROLLBACK = "rollback"
    """The store goes back to how it was when this began: a failover that lost its last writes."""
    JUMP = "jump"
    """The store's clock jumps forwards."""


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """A fault of ``node`` (and ``other``, for a connection) at a time, lasting for a time."""

    fault: Fault
    at_ms: float
    lasts_ms: float
    node: str
    other: str = ""


def draw_faults(
    chance: Random,
    dispatchers: Sequence[str],
    workers: Sequence[tuple[str, str]],
    calm_ms: float,
    lease_ms: int,
) -> tuple[FaultPlan, ...]:
    """Return some faults of a few kinds that all end by ``calm_ms``.

    ``workers`` are pairs of a worker and its dispatcher. Faults of few kinds at a time find more
    than faults of all kinds at once.
    """
    kinds = chance.sample(tuple(Fault), chance.choice((1, 2, 3, 4, 8)))
    return tuple(
        _draw_fault(chance, chance.choice(kinds), dispatchers, workers, calm_ms, lease_ms)
        for _ in range(chance.randint(0, MOST_FAULTS))
    )


def _draw_fault(
    chance: Random,
    fault: Fault,
    dispatchers: Sequence[str],
    workers: Sequence[tuple[str, str]],
    calm_ms: float,
    lease_ms: int,
) -> FaultPlan:
    worker, dispatcher = chance.choice(workers)
    at_ms = chance.uniform(0, calm_ms * 0.8)
    lengths = (100.0, lease_ms / 10, lease_ms / 2.5, lease_ms * 1.5)
    lasts_ms = min(chance.choice(lengths), calm_ms - at_ms)
    node, other = worker, dispatcher
    match fault:
        case Fault.CUT:
            node, other = chance.choice(((worker, dispatcher), (dispatcher, worker)))
        case Fault.PAUSE | Fault.CRASH | Fault.DRAIN:
            node = chance.choice((worker, *dispatchers))
        case Fault.ROLLBACK:
            lasts_ms = min(lasts_ms, chance.uniform(0, 5_000))
        case _:
            pass
    return FaultPlan(fault, at_ms, lasts_ms, node, other)
