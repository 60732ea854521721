"""One chaos run: starts a fleet and its clients, lets the killer loose, collects the history."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from gofer.domain.policy import Timers
from tests.support.accounts import accounts, attempts
from tests.support.caller import Caller
from tests.support.chaos import workload
from tests.support.chaos.fleet import Fleet
from tests.support.chaos.history import Account, History, Run, runs_of_log
from tests.support.chaos.killer import Killer
from tests.support.chaos.plan import Strike
from tests.support.chaos.producers import Producer
from tests.support.chaos.story import in_words
from tests.support.processes import ProcessRunner
from tests.support.redis_server import RedisServer

TIMERS = Timers(
    beat_ms=400,
    silence_ms=2_000,
    lease_ms=6_000,
    renew_ms=500,
    fence_ms=1_000,
    reap_ms=200,
    poll_ms=1_000,
)
"""A fifth of production's intervals, so that a run of 30 s sees leases expire and silences pass."""

ENVIRONMENT: Mapping[str, str] = {
    "GOFER_BEAT_MS": str(TIMERS.beat_ms),
    "GOFER_SILENCE_MS": str(TIMERS.silence_ms),
    "GOFER_LEASE_MS": str(TIMERS.lease_ms),
    "GOFER_RENEW_MS": str(TIMERS.renew_ms),
    "GOFER_FENCE_MS": str(TIMERS.fence_ms),
    "GOFER_REAP_MS": str(TIMERS.reap_ms),
    "GOFER_POLL_MS": str(TIMERS.poll_ms),
}

PRODUCERS = 2
SETTLE_S = 45.0
"""All acknowledged tasks must have ended this long after the last fault is over: a lease, the
longest back-off of a struck task, and what has gathered in the queue meanwhile.
"""


@dataclass(frozen=True, slots=True)
class ChaosRun:
    """A history, and two figures that it does not hold."""

    history: History
    settled_s: float
    refusals: int


def run_chaos(
    runner: ProcessRunner,
    redis: RedisServer,
    log: Path,
    mode: str,
    seed: int,
    strikes: Sequence[Sequence[Strike]],
) -> ChaosRun:
    """Carry out groups of strikes against a fleet in ``mode``, each when all parts are back.

    Returns once the dust has settled.
    The seed decides what producers ask for, and whether there are one or two dispatchers.
    """
    log.touch()
    dispatchers = Random(f"{seed} {mode}").choice((1, 2))
    fleet = Fleet(runner, redis, mode, dispatchers, ENVIRONMENT)
    fleet.start_all()
    with Caller(fleet.url) as caller:
        function = caller.register(workload.chore())
    names = [f"{mode}{number}" for number in range(PRODUCERS)]
    producers = [Producer(name, fleet.url, function, str(log), seed) for name in names]
    killer = Killer(fleet, lambda: _runs(log))
    began = time.monotonic()
    for producer in producers:
        producer.start()
    try:
        killer.carry_out_in_turn(strikes)
    finally:
        calm = time.monotonic()
        for producer in producers:
            producer.finish(SETTLE_S)
        for producer in producers:
            producer.join()
    settled = time.monotonic()
    seen = collected(mode, redis.url, producers, log, began)
    history = replace(
        seen,
        ended=calm,
        faults=killer.faults,
        oddities=[*seen.oddities, *killer.oddities, *fleet.leave()],
    )
    return ChaosRun(history, settled - calm, sum(each.refusals for each in producers))


def _runs(log: Path) -> list[Run]:
    return runs_of_log(log.read_text(encoding="utf-8"))


def collected(
    mode: str, store_url: str, producers: Sequence[Producer], log: Path, began: float
) -> History:
    """Return what producers that have ended and the tasks themselves have seen, up to now."""
    submissions = [each for producer in producers for each in producer.submissions]
    ids = [each.task_id for each in submissions if each.task_id is not None]
    known = accounts(store_url, ids)
    again = [str(task.id) for task in known.values() if task.attempt > 1]
    ahead_s = time.time() - time.monotonic()
    tries = {
        task_id: [in_words(record, ahead_s + began) for record in records]
        for task_id, records in attempts(store_url, again).items()
    }
    return History(
        mode=mode,
        began=began,
        ended=time.monotonic(),
        submissions=submissions,
        readings=[each for producer in producers for each in producer.readings],
        runs=_runs(log),
        accounts={
            str(task.id): Account(
                task.attempt,
                task.spent.retries,
                task.spent.strikes,
                task.spent.losses,
                tries.get(str(task.id), ()),
            )
            for task in known.values()
        },
        oddities=[each for producer in producers for each in producer.oddities],
    )
