"""Histories that are made up, for the tests of what judges them and tells of them."""

from collections.abc import Sequence
from dataclasses import replace

from gofer.domain.policy import Timers
from tests.support.chaos.history import (
    Account,
    Deed,
    Fault,
    History,
    Kind,
    Reading,
    Run,
    Submission,
)
from tests.support.chaos.workload import expected

TIMERS = Timers(
    beat_ms=400, silence_ms=2_000, lease_ms=6_000, renew_ms=500, fence_ms=1_000, reap_ms=200
)
WORKER, OTHER = 1000, 2000
"""Forkservers of two workers; their children count up from there."""

SUBMISSION = Submission("a", Kind.SHORT, expected("a", Kind.SHORT), 0.0, 0.1, "id-a")
RIGHT = Reading("id-a", "result", 9.0, 9.1, "COMPLETED", SUBMISSION.expected)
LOST = "FAILED RuntimeError('the worker that ran the function was lost: worker w went silent')"
KILLED = "FAILED RuntimeError('the process that ran the function was killed (signal 9 SIGKILL)')"


def a_run(began: float, seen: float, *, ended: bool = True, worker: int = WORKER) -> Run:
    return Run("a", worker + 1, worker, began, seen, seen if ended else None)


def a_kill(
    at: float, part: str = "worker", *, over: float | None = None, pid: int = WORKER
) -> Fault:
    return Fault(Deed.KILL, part, at, at + 1 if over is None else over, frozenset([pid]))


def away(deed: Deed, at: float, over: float, *, serves: int = WORKER) -> Fault:
    """Return that the dispatcher of a worker was hit."""
    return Fault(deed, "dispatcher", at, over, frozenset([1]), frozenset([serves]))


def a_stop(at: float, over: float, part: str = "worker", pid: int = WORKER) -> Fault:
    return Fault(Deed.STOP, part, at, over, frozenset([pid]))


WELL = History(
    mode="push",
    began=0.0,
    ended=9.0,
    submissions=[SUBMISSION],
    readings=[RIGHT],
    runs=[a_run(1.0, 1.1)],
    accounts={"id-a": Account(1)},
)


def after(runs: Sequence[Run], faults: Sequence[Fault], account: Account) -> History:
    """Return a history whose task ended well after these runs and faults."""
    return replace(WELL, runs=runs, faults=faults, accounts={"id-a": account})
