"""What a seed decides beforehand: the nodes, the tasks, what running them does, and the faults."""

from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from gofer.adapters.memory.network import Faults
from gofer.domain.function import Environment, Function, content_digest
from gofer.domain.identifiers import FunctionId, TaskId, uuid7
from gofer.domain.policy import Timers
from gofer.domain.task import Budget, Idempotency, NewTask
from tests.support.simulation.faults import FaultPlan, draw_faults

QUICK = Timers(
    beat_ms=500, silence_ms=1_500, lease_ms=8_000, renew_ms=1_500, fence_ms=1_500, drain_ms=5_000
)
ENVIRONMENTS = (Environment("cpython", (3, 11)), Environment("cpython", (3, 12)))
FUNCTIONS = tuple(
    Function(
        FunctionId(uuid7(1, number)),
        f"function for {environment.tag}",
        environment.tag.encode(),
        content_digest(environment.tag.encode()),
        environment,
        0,
    )
    for number, environment in enumerate(ENVIRONMENTS)
)


CROWD = {1: (1, 2, 3), 2: (2, 3, 4)}
"""How many workers there are, by the number of environments."""

PROMPT_MS = 1_000.0
"""Where nothing goes wrong, no task may wait this long for a slot that is free as long."""

QUIET = 0.15
"""The share of plans in which nothing goes wrong, and everything must be prompt and frugal."""

STEADY_MS = (0.2, 0.2)
"""The same delay for every message: nothing overtakes anything."""


class Ending(StrEnum):
    """How a run ends, if nobody stops it."""

    RETURNS = "returns"
    RAISES = "raises"
    DIES = "dies"
    """Its process dies."""
    KILLED = "killed"
    """Its process is killed by a signal."""
    WRECKS = "wrecks"
    """The whole worker dies under it."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What one run of a task does."""

    run_ms: float
    ending: Ending


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """A task, when it is submitted and perhaps cancelled, and its runs (the last one repeats)."""

    new: NewTask
    submit_ms: float
    cancel_ms: float | None
    runs: tuple[RunPlan, ...]


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """A worker: its dispatcher, its slots, what it can run, and when it first starts."""

    name: str
    dispatcher: str
    slots: int
    environment: Environment
    start_ms: float


@dataclass(frozen=True, slots=True)
class Plan:
    """All of it. Faults end at ``calm_ms``; what may spoil a single message is in ``link``.

    ``undeliverable`` is the chance that a link will not take a message, ``late_copies`` that it
    arrives once more seconds later, ``sudden`` that a process dies or stops after any one step;
    ``store_ms`` is how long half a call of the store takes, ``kind`` one of KINDS.
    """

    seed: int
    timers: Timers
    dispatchers: dict[str, float]
    workers: tuple[WorkerPlan, ...]
    tasks: tuple[TaskPlan, ...]
    faults: tuple[FaultPlan, ...]
    link: Faults
    undeliverable: float
    late_copies: float
    sudden: float
    store_ms: float
    calm_ms: float
    kind: str = "any"

    @property
    def quiet(self) -> bool:
        """Return whether nothing at all goes wrong but what tasks do themselves."""
        return self == _quietened(self)


def plan_of(seed: int) -> Plan:
    """Return the plan of a seed."""
    chance = Random(f"plan {seed}")
    timers = chance.choice((Timers(), QUICK, QUICK))
    calm_ms = timers.lease_ms * chance.choice((0.6, 1.4, 2.8))
    dispatchers = {
        f"d{n}": chance.choice((0.0, 0.0, calm_ms / 2)) for n in range(chance.choice((1, 1, 2)))
    }
    environments = ENVIRONMENTS[: chance.choice((1, 1, 2))]
    workers = tuple(
        WorkerPlan(
            name=f"w{n}",
            dispatcher=f"d{n % len(dispatchers)}",
            slots=chance.choice((1, 1, 2, 4)),
            environment=environments[n % len(environments)],
            start_ms=chance.choice((0, 0, 100, calm_ms / 4)),
        )
        for n in range(chance.choice(CROWD[len(environments)]))
    )
    tasks = tuple(
        _task(chance, number, len(environments), calm_ms, timers.lease_ms)
        for number in range(chance.choice((3, 8, 8, 20, 20, 60)))
    )
    level = chance.choice((0.0, 0.0, 0.0, 0.01, 0.05, 0.2))
    pairs = [(worker.name, worker.dispatcher) for worker in workers]
    plan = Plan(
        seed=seed,
        timers=timers,
        dispatchers=dispatchers,
        workers=workers,
        tasks=tasks,
        faults=draw_faults(chance, list(dispatchers), pairs, calm_ms, timers.lease_ms),
        link=Faults(
            drop=level,
            duplicate=chance.choice((0.0, level)),
            delay_ms=chance.choice((STEADY_MS, STEADY_MS, (0.1, 20.0), (1.0, 1_500.0))),
        ),
        undeliverable=chance.choice((0.0, 0.0, 0.02)),
        late_copies=chance.choice((0.0, 0.0, 0.02)),
        sudden=chance.choice((0.0, 0.0, 0.001, 0.01)),
        store_ms=chance.choice((0.5, 0.5, 20.0, 500.0)),
        calm_ms=calm_ms,
    )
    return _quietened(plan) if chance.random() < QUIET else plan


TRICKLE_RUN_MS = 300.0
"""So long that nothing is prefetched (``policy.PREFETCH_NONE_MS``)."""


def trickle(seed: int) -> Plan:
    """Return a plan in which tasks come four at a time, far apart, to a worker of two slots.

    Two run at once; the third is claimed when they end; the fourth comes in that moment. The bell
    for it may ring while that claim is under way, and then a slot is free for it.
    """
    chance = Random(f"trickle {seed}")
    worker = WorkerPlan("w0", "d0", 2, ENVIRONMENTS[0], 0.0)
    tasks = (_task(chance, number, 1, 100_000, QUICK.lease_ms) for number in range(40))
    return Plan(
        seed=seed,
        timers=Timers(),
        dispatchers={"d0": 0.0},
        workers=(worker,),
        tasks=tuple(
            replace(
                task,
                submit_ms=1_000.0
                + 4_800.0 * (number // 4)
                + (number % 4 == 3) * (TRICKLE_RUN_MS + chance.uniform(20, 120)),
                cancel_ms=None,
                runs=(RunPlan(TRICKLE_RUN_MS, Ending.RETURNS),),
            )
            for number, task in enumerate(tasks)
        ),
        faults=(),
        link=Faults(delay_ms=STEADY_MS),
        undeliverable=0.0,
        late_copies=0.0,
        sudden=0.0,
        store_ms=PROMPT_MS / 50,
        calm_ms=100_000,
        kind="trickle",
    )


def _quietened(plan: Plan) -> Plan:
    return replace(
        plan,
        faults=(),
        link=Faults(delay_ms=STEADY_MS),
        undeliverable=0.0,
        late_copies=0.0,
        sudden=0.0,
        store_ms=min(plan.store_ms, PROMPT_MS / 50),
    )


def _task(
    chance: Random, number: int, environments: int, calm_ms: float, lease_ms: int
) -> TaskPlan:
    burst_ms = calm_ms / 2 + chance.uniform(0, 50)
    submit_ms = chance.choice((0.0, chance.uniform(0, calm_ms), burst_ms))
    some, long = (lease_ms / 50, lease_ms / 8), (lease_ms / 4, lease_ms * 1.8)
    lengths = chance.choice(((0.1, 3), (0.1, 3), (20, 150), some, long))
    endings = chance.choices(tuple(Ending), weights=(80, 8, 4, 4, 4), k=3)
    new = NewTask(
        id=TaskId(uuid7(1_000, number)),
        function_id=FUNCTIONS[chance.randrange(environments)].id,
        payload=b"%d" % number,
        priority=chance.choice((0, 1, 1, 2)),
        delay_ms=chance.choice((0, 0, 0, 3_000)),
        idempotency=chance.choice((None, Idempotency(f"key {number}", "0" * 64))),
        budget=Budget(chance.choice((0, 1)), chance.choice((0, 2, 2))),
    )
    return TaskPlan(
        new=new,
        submit_ms=submit_ms,
        cancel_ms=submit_ms + chance.uniform(0, lease_ms) if chance.random() < 0.1 else None,
        runs=tuple(RunPlan(chance.uniform(*lengths), ending) for ending in endings),
    )


KINDS = {"any": plan_of, "trickle": trickle}
"""What draws a plan from a seed, by the name of the kind."""
