"""Many seeds at once, in several processes, and the figures that they give."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter

from tests.support.simulation.plan import plan_of
from tests.support.simulation.rules import Violation
from tests.support.simulation.simulate import simulate

CHUNK = 50
"""Seeds that one process takes at a time."""


@dataclass(slots=True)
class Figures:
    """What some seeds gave. ``failed`` holds what was said of each seed that broke a rule."""

    seeds: int = 0
    events: int = 0
    simulated_ms: float = 0.0
    counts: Counter[str] = field(default_factory=Counter[str])
    failed: dict[int, str] = field(default_factory=dict[int, str])

    def add(self, other: "Figures") -> None:
        """Add those of other seeds."""
        self.seeds += other.seeds
        self.events += other.events
        self.simulated_ms += other.simulated_ms
        self.counts += other.counts
        self.failed |= other.failed

    def table(self, seconds: float) -> str:
        """Return all as text, counts per thousand seeds beside."""
        lines = [
            f"{self.seeds} seeds in {seconds:.1f} s, {len(self.failed)} failures",
            f"{self.seeds / seconds:.1f} seeds/s, {self.events / seconds:.0f} events/s",
            f"{self.simulated_ms / 3_600_000:.1f} hours of simulated time",
            f"{'':32}{'in all':>12}{'per 1000 seeds':>16}",
        ]
        lines += [
            f"{kind:32}{number:12}{1000 * number / self.seeds:16.1f}"
            for kind, number in sorted(self.counts.items())
        ]
        return "\n".join(lines)


def run_chunk(first: int, count: int) -> Figures:
    """Run some seeds, one after another; one that breaks a rule does not end it."""
    figures = Figures()
    for seed in range(first, first + count):
        figures.seeds += 1
        try:
            report = simulate(plan_of(seed))
        except Violation as violation:
            figures.failed[seed] = str(violation)
        else:
            figures.events += report.steps
            figures.simulated_ms += report.simulated_ms
            figures.counts += report.counts
    return figures


def run_many(first: int, count: int, processes: int) -> Iterator[tuple[Figures, float]]:
    """Run seeds in several processes; yield the figures so far, and the seconds, now and then."""
    figures, began = Figures(), perf_counter()
    starts = range(first, first + count, CHUNK)
    sizes = (min(CHUNK, first + count - start) for start in starts)
    with ProcessPoolExecutor(processes) as pool:
        for done in pool.map(run_chunk, starts, sizes):
            figures.add(done)
            yield figures, perf_counter() - began
