"""Decisions: retry or give up, how long to back off, how much to hand to whom, how long to wait.

Pure functions over plain values, so that each can be read as a table and tested as one. Nothing
here knows of a store, a socket or a clock; randomness arrives as a number in [0, 1).
"""

from dataclasses import dataclass
from enum import StrEnum

from .task import Backoff, Budget, Cause, Failure, Spent

# ---------------------------------------------------------------- after a failure


class Charge(StrEnum):
    """Which budget pays for another try; NOTHING where the task never began."""

    RETRY = "retry"
    STRIKE = "strike"
    LOSS = "loss"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Requeue:
    """Try again, after ``delay_ms``, and charge ``charge``."""

    charge: Charge
    delay_ms: int


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Record the failure: no budget is left, or more tries could not help."""


Verdict = Requeue | GiveUp

_RAISED = frozenset({Cause.EXCEPTION, Cause.EXIT, Cause.MEMORY})
_DIED = frozenset({Cause.SIGNAL, Cause.EXIT, Cause.MEMORY})


_POWERS_MOST = 64
"""Later tries wait no longer than that one: 2 to the 64th of anything is over every limit."""


def backoff_ms(backoff: Backoff, earlier: int, jitter: float) -> int:
    """Return the delay before another try, in ms, after ``earlier`` tries on the same budget."""
    grown = backoff.initial_ms * backoff.factor ** min(earlier, _POWERS_MOST)
    middle = min(float(backoff.most_ms), grown)
    return round(middle * (1 + backoff.jitter * (2 * jitter - 1)))


def payer(failure: Failure) -> Charge:
    """Return which budget would pay for another try; NOTHING where none could help.

    Code that raised (``sys.exit`` and MemoryError are exceptions too) draws on ``retries``, a
    process that died on ``redeliveries``. A timeout, an unserializable or too large result and an
    incompatible function end the task: the same would happen again.
    """
    if failure.raised:
        return Charge.RETRY if failure.cause in _RAISED else Charge.NOTHING
    if failure.cause in _DIED:
        return Charge.STRIKE
    return Charge.LOSS if failure.cause is Cause.WORKER_LOST else Charge.NOTHING


def judge(failure: Failure, budget: Budget, spent: Spent, jitter: float) -> Verdict:
    """Return what follows from an attempt's failure, by what is left of the budget that pays."""
    match payer(failure):
        case Charge.RETRY if spent.retries < budget.retries:
            return Requeue(Charge.RETRY, backoff_ms(budget.backoff, spent.retries, jitter))
        case Charge.STRIKE if spent.strikes < budget.redeliveries:
            return Requeue(Charge.STRIKE, backoff_ms(budget.backoff, spent.strikes, jitter))
        case Charge.LOSS if spent.losses < budget.worker_losses:
            return Requeue(Charge.LOSS, 0)
        case _:
            return GiveUp()


# ---------------------------------------------------------------- time


@dataclass(frozen=True, slots=True)
class Timers:
    """Every interval of the protocol, in milliseconds; the relations between them are checked.

    ``beat`` how often a worker speaks at least; ``silence`` after which either side gives the
    other up; ``lease`` how long a claim is valid without renewal; ``renew`` how often leases are
    renewed; ``fence`` how long before the lease's end a cut-off worker stops its children;
    ``reap`` how often expired leases are looked for; ``poll`` how often work is looked for when
    no doorbell rang; ``drain`` how long a leaving worker may finish what runs; ``started`` how
    long a task runs before its start is reported on its own.
    """

    beat_ms: int = 2_000
    silence_ms: int = 6_000
    lease_ms: int = 30_000
    renew_ms: int = 5_000
    fence_ms: int = 5_000
    reap_ms: int = 1_000
    poll_ms: int = 2_000
    drain_ms: int = 30_000
    started_ms: int = 50

    def __post_init__(self) -> None:
        """Refuse intervals with which a healthy system would lose leases."""
        if min(self.beat_ms, self.renew_ms, self.reap_ms, self.poll_ms, self.started_ms) <= 0:
            raise ValueError("every interval must be positive")
        if self.silence_ms < 2 * self.beat_ms:
            raise ValueError("silence_ms must be at least two beats")
        if self.lease_ms - self.fence_ms < self.silence_ms + self.renew_ms:
            raise ValueError("lease_ms - fence_ms must cover silence_ms + renew_ms")


def round_after(now: float, interval_ms: float) -> float:
    """Return the next moment at which a whole number of intervals has gone by, by a steady clock.

    What is done at such moments is done together: one wake-up for all of it, however many they
    are, in every process that shares the clock. It is never later than an interval from now.
    """
    return (now // interval_ms + 1) * interval_ms


RECONNECT_MS = (1_000, 32_000)
"""First and longest pause between two handshakes of a worker that gets no answer."""

STORE_BACKOFF_MS = (100, 2_000)
"""First and longest pause after the store refused."""

PAUSE_SPREAD = 0.2
"""Each such pause is shortened by up to this share, so that a herd does not come back at once."""


def doubling_ms(bounds: tuple[int, int], failures: int, jitter: float) -> int:
    """Return the pause after ``failures`` failures in a row: doubling, capped, less up to 20 %."""
    first, longest = bounds
    return round(min(longest, first << min(failures, 16)) * (1 - PAUSE_SPREAD * jitter))


# ---------------------------------------------------------------- how much at a time

BATCH = 100
"""Most tasks in one call of the store: one Lua script must not block others for long."""


HANDED_MOST = 10
"""Most tasks of one submit that are handed over to a dispatcher which has claimed in advance: many
at once are claimed, which costs less for each."""

HANDED_BYTES = 2 * 1024
"""Longest payload of such a task: longer ones are kept apart, and would be carried twice."""

HANDED_MS = 500
"""After this time without anybody coming for them, tasks that were handed over go back."""


def in_full_batches(count: int, most: int) -> int:
    """Return how many of ``count`` things go into one call now: at most ``most``, and no remainder.

    The rest of a batch costs as much as a full one (0.2 ms in dispatcher and store), and goes
    with the next call, which follows at once; fewer than a batch never wait.
    """
    count = min(count, most)
    return count if count < BATCH else count - count % BATCH


CARRIED_BYTES = 48 * 1024 * 1024
"""Largest function with its arguments that a link carries, where nothing else is said."""

PREFETCH_GOAL_MS = 20.0
"""Work that a slot should find waiting, so that a round trip is hidden behind it."""

PREFETCH_NONE_MS = 200.0
"""Tasks that take longer are not prefetched: waiting behind one costs more than a round trip."""

PREFETCH_MOST = 500
"""Most tasks waiting per slot, however short they are."""

CHUNK_GOAL_MS = 2.0
"""Work that one message to a child should carry."""

CHUNK_MOST = 100
"""Most tasks in one message to a child."""


def prefetch(typical_ms: float | None) -> int:
    """Return how many tasks may wait behind each slot when one typically runs ``typical_ms``.

    None (nothing is known yet) gives 0: the first tasks teach. The answer never rises when tasks
    get longer.
    """
    if typical_ms is None or typical_ms > PREFETCH_NONE_MS:
        return 0
    if typical_ms * PREFETCH_MOST <= PREFETCH_GOAL_MS:
        return PREFETCH_MOST
    return max(1, int(PREFETCH_GOAL_MS / typical_ms))


def window(slots: int, typical_ms: float | None) -> int:
    """Return how many tasks a worker with ``slots`` children grants to have in its hands."""
    return slots * (1 + prefetch(typical_ms))


def chunk(typical_ms: float | None) -> int:
    """Return how many tasks to put in one message to a child: 1 unless they are very short."""
    if typical_ms is None:
        return 1
    if typical_ms * CHUNK_MOST <= CHUNK_GOAL_MS:
        return CHUNK_MOST
    return max(1, int(CHUNK_GOAL_MS / typical_ms))


def smoothed(typical_ms: float | None, run_ms: float) -> float:
    """Return the new typical run time after one of ``run_ms``: rises at once, falls slowly.

    A long task among short ones makes prefetching harmful now, so it counts fully; short ones
    win back trust by a quarter each.
    """
    if typical_ms is None or run_ms >= typical_ms:
        return run_ms
    return typical_ms + (run_ms - typical_ms) / 4
