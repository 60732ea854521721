"""How much of everything: the sizes of a full run, and of the smoke."""

from dataclasses import dataclass, replace

SCENARIOS = (
    "throughput",
    "posts",
    "submit",
    "latency",
    "efficiency",
    "echo",
    "scaling",
    "backlog",
    "scheduling",
    "idle",
    "coldstart",
)
"""What ``--only`` can name."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Counts and limits; times in seconds. The definitions are those of the targets."""

    rounds: int = 5
    noop_most: int = 20_000
    """Tasks of the no-op throughput: of gofer, and of every peer that does them in 8 s."""
    noop_s: float = 3.0
    """The others get as many as take about so long."""
    warm_up: int = 200
    bulk_submit: int = 50_000
    posts: int = 8_000
    bare_posts: int = 20_000
    connections: int = 16
    latency: int = 300
    latency_s: float = 4.0
    """A peer whose round trips take longer makes fewer."""
    naps: int = 400
    nap_s: float = 0.01
    long_naps: int = 40
    long_nap_s: float = 1.0
    long_rounds: int = 2
    """Rounds that take long, of tasks of a second and of one child."""
    small_echoes: int = 5_000
    large_echoes: int = 100
    large_bytes: int = 1024 * 1024
    echo_s: float = 2.0
    """A system that is slower makes as many as take about so long."""
    backlogs: tuple[int, ...] = (1_000, 100_000, 1_000_000)
    backlog_tasks: int = 1_000
    backlog_rounds: int = 25
    decisions: int = 200_000
    workers: tuple[int, ...] = (10, 1_000, 10_000)
    idle_s: float = 10.0
    idle_rounds: int = 3
    """Of each mode, one after the other: what is done every few seconds falls into some."""
    idle_modes: tuple[str, ...] = ("local", "push", "pull")
    settle_s: float = 3.0
    """How long a system is left alone before it counts as idle."""
    cold_starts: int = 5
    answer_s: float = 90.0
    """After so long without an answer a system hangs."""


FULL = Sizes()
QUICK = Sizes(
    rounds=1,
    noop_most=200,
    noop_s=0.1,
    warm_up=20,
    bulk_submit=200,
    posts=60,
    bare_posts=60,
    latency=10,
    latency_s=1.0,
    naps=10,
    long_naps=2,
    long_nap_s=0.1,
    long_rounds=1,
    small_echoes=20,
    large_echoes=4,
    backlogs=(100, 300, 1_000),
    backlog_tasks=100,
    backlog_rounds=2,
    decisions=2_000,
    idle_s=1.0,
    idle_rounds=1,
    idle_modes=("local",),
    settle_s=0.2,
    cold_starts=1,
    answer_s=30.0,
)


def sizes(*, quick: bool, rounds: int | None) -> Sizes:
    """Return the sizes of a run."""
    chosen = QUICK if quick else FULL
    if rounds is None:
        return chosen
    return replace(
        chosen,
        rounds=rounds,
        long_rounds=min(chosen.long_rounds, rounds),
        cold_starts=min(chosen.cold_starts, rounds),
    )
