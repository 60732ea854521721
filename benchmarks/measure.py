"""One operation of one system: what it took, by whose CPU, and how busy the rest was."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psutil

from benchmarks.drivers import Driver
from benchmarks.processes import Usage, usage
from benchmarks.results import Sample


@dataclass(slots=True)
class Subject:
    """A running system: its driver, and the store that it uses with others."""

    system: str
    round: int
    driver: Driver
    store_pid: int | None

    def processes(self) -> list[psutil.Process]:
        """Return everything that works for it."""
        store = [] if self.store_pid is None else [psutil.Process(self.store_pid)]
        return [*self.driver.processes(), *store]

    def usage(self) -> Usage:
        """Return what its processes have used so far."""
        return usage(self.processes(), self.driver.pid)

    def measured(
        self, operation: str, **arguments: Any
    ) -> tuple[dict[str, Any], dict[str, float], float]:
        """Have an operation done; return its answer, CPU seconds by process, and others' share.

        Raises Problem.
        """
        processes = self.processes()  # once: looking for them takes time that would be measured
        before = usage(processes, self.driver.pid)
        answer = self.driver.ask(operation, **arguments)
        after = usage(processes, self.driver.pid)
        return answer, after.cpu_since(before), after.others_busy(before)

    def sample(
        self,
        scenario: str,
        figures: Mapping[str, float],
        cpu_us: Mapping[str, float] | None = None,
        others_busy: float | None = None,
    ) -> Sample:
        """Return figures as a sample of this system and round."""
        cpu = dict(cpu_us or {})
        return Sample(scenario, self.system, self.round, dict(figures), cpu, others_busy)

    def problem(self, scenario: str, problem: Exception) -> Sample:
        """Return a sample that says why there is none."""
        return Sample(scenario, self.system, self.round, problem=str(problem))


def per_task_us(cpu_s: Mapping[str, float], count: int) -> dict[str, float]:
    """Return CPU per task in us, by process, without what is too little to tell."""
    each = {name: seconds * 1e6 / count for name, seconds in cpu_s.items()}
    return {name: value for name, value in each.items() if value > 0}


def percentile_99(values: list[float]) -> float:
    """Return the 99th percentile; of few values, the largest."""
    if len(values) < 2:
        return values[0]
    return min(statistics.quantiles(values, n=100)[98], max(values))
