"""The systems under test: gofer in its modes, its peers, and what they are compared with."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["gofer", "peer", "reference"]


@dataclass(frozen=True, slots=True)
class System:
    """One contender. ``asks`` names the scenarios that it takes part in."""

    name: str
    title: str
    kind: Kind
    driver: str
    asks: frozenset[str]
    environment: str | None = None
    """Whose environment its driver runs in; None: the project's own."""
    durable: bool = False
    """Whether its tasks are in a store, which outlives its processes."""
    mode: str | None = None
    packages: tuple[str, ...] = ()
    """What to say the versions of."""


BULK = frozenset({"throughput", "latency", "efficiency", "echo", "scaling"})
UNSCALED = BULK - {"scaling"}


def _gofer(mode: str, asks: frozenset[str]) -> System:
    name = f"gofer-{mode}"
    packages = ("gofer", "redis", "pyzmq", "fastapi", "uvicorn", "msgspec", "dill")
    return System(
        name, f"gofer ({mode})", "gofer", "gofer", asks, durable=True, mode=mode, packages=packages
    )


def _peer(
    name: str, title: str, asks: frozenset[str], *, durable: bool, environment: str | None = None
) -> System:
    home = environment or name
    package = {"dask": "distributed"}.get(home, home)
    packages = (package, "redis") if durable else (package,)
    driver = name.replace("-", "_")
    return System(name, title, "peer", driver, asks, home, durable, packages=packages)


SYSTEMS: tuple[System, ...] = (
    _gofer("local", BULK | {"posts"}),
    _gofer("push", UNSCALED),
    _gofer("pull", UNSCALED),
    System("gofer-api", "gofer, web service alone", "gofer", "gofer", frozenset({"submit"})),
    _peer("huey", "Huey", BULK, durable=True),
    _peer("huey-notify", "Huey, notify_result", UNSCALED, durable=True, environment="huey"),
    _peer("dramatiq", "Dramatiq", BULK, durable=True),
    _peer("rq", "RQ, SimpleWorker", BULK, durable=True),
    _peer("celery", "Celery, prefork", BULK, durable=True),
    _peer("dask", "Dask distributed", UNSCALED, durable=False),
    _peer("ray", "Ray", UNSCALED, durable=False),
    _peer("parsl", "Parsl HTEX", UNSCALED, durable=False),
    System("pool", "ProcessPoolExecutor", "reference", "pool", BULK),
    System(
        "fastapi",
        "FastAPI + pydantic",
        "reference",
        "fastapi",
        frozenset({"posts"}),
        packages=("fastapi", "pydantic", "uvicorn"),
    ),
    System("floor", "bare round trips", "reference", "floor", frozenset({"latency"})),
)

BY_NAME = {system.name: system for system in SYSTEMS}
PEERS = tuple(system for system in SYSTEMS if system.kind == "peer")


def title_of(name: str) -> str:
    """Return a system's name for people."""
    return BY_NAME[name].title if name in BY_NAME else name
