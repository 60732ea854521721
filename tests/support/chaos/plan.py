"""Which faults come when: drawn from a seed, so that a run can be had again.

Every kind of fault comes once before any comes twice, in an order that the seed decides. What
exactly a fault meets is not repeated: that is real processes' own affair.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from gofer.domain.policy import Timers
from tests.support.chaos.history import Deed

FIRST_S = 1.0
PAUSE_S = (0.8, 2.6)
"""Between one fault and the next; they last longer than that and so overlap."""

PAIRED = 0.3
"""Share of faults that are followed by another, at the same moment or while the first lasts."""

SOON_S = (0.0, 0.0, 0.3, 0.9)


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault to come ``after`` so many seconds. ``choice`` in [0, 1) picks one of the parts.

    ``lasts`` is how long a part stands still, or is dead before it is started again. ``whole``:
    a worker's children stand still with it.
    """

    after: float
    deed: Deed
    part: str
    choice: float
    lasts: float
    whole: bool


def plan(seed: int, seconds: float, timers: Timers) -> list[Strike]:
    """Return the faults of a run of ``seconds``, in order of time."""
    random = Random(seed)
    deck = _deck(random, timers)
    strikes: list[Strike] = []
    after = FIRST_S
    while after < seconds:
        for soon in (0.0, random.choice(SOON_S))[: 2 if random.random() < PAIRED else 1]:
            deed, part, (least, most) = next(deck)
            lasts = min(random.uniform(least, most), max(0.1, seconds + 2 - after))
            whole = random.random() < 0.5
            strikes.append(Strike(after + soon, deed, part, random.random(), lasts, whole))
        after += random.uniform(*PAUSE_S)
    return sorted(strikes, key=lambda strike: strike.after)


def pairs(kinds: Sequence[tuple[str, str]]) -> list[list[Strike]]:
    """Return the kills of two parts at the same moment, for each pair of kinds."""
    return [
        [
            Strike(0.0, Deed.KILL, part, choice, 0.0, whole=True)
            for part, choice in zip(pair, (0.0, 0.99), strict=True)
        ]
        for pair in kinds
    ]


def _deck(random: Random, timers: Timers) -> Iterator[tuple[Deed, str, tuple[float, float]]]:
    """Yield kinds of faults for ever: each once, in random order, then each once again."""
    lease, silence = timers.lease_ms / 1000, timers.silence_ms / 1000
    restart = (0.0, 0.5)
    short, unheard, expired = (
        (0.2, silence / 2),
        (silence + 0.5, 2 * silence),
        (lease + 1, lease + 2),
    )
    cards = [
        (Deed.KILL, "child", restart),
        (Deed.KILL, "child", restart),
        (Deed.KILL, "worker", restart),
        (Deed.KILL, "worker", restart),
        (Deed.KILL, "dispatcher", restart),
        (Deed.KILL, "dispatcher", restart),
        (Deed.KILL, "api", restart),
        (Deed.KILL, "redis", restart),
        (Deed.STOP, "worker", short),
        (Deed.STOP, "worker", unheard),
        (Deed.STOP, "dispatcher", short),
        (Deed.STOP, "dispatcher", expired),
        (Deed.STOP, "api", short),
        (Deed.STOP, "redis", short),
        (Deed.STOP, "redis", unheard),
    ]
    while True:
        random.shuffle(cards)
        yield from cards
