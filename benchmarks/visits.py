"""What a system is asked while it is up: each scenario is a function from subject to samples."""

import statistics
from collections.abc import Callable, Iterator

from benchmarks.measure import Subject, per_task_us, percentile_99
from benchmarks.plan import Sizes
from benchmarks.results import Sample

MIB = 1024 * 1024
TABLE = {
    "efficiency": "efficiency 10 ms",
    "long_efficiency": "efficiency 1 s",
    "echo": "echo 1 KiB",
    "scaling": "throughput, 1 child",
}
"""The (first) table that a course fills, where it is not called like it."""

FEW_ECHOES = 8
"""How many tell how fast a system is with a payload of that size."""

FAST_S = 8.0
"""A peer that does the full count in so long gets the full count."""


class Visit:
    """One stay with one system in one round. ``rates`` are tasks/s known from before."""

    def __init__(self, subject: Subject, sizes: Sizes, rates: dict[str, float], kind: str) -> None:
        """``kind`` is the system's."""
        self._subject = subject
        self._sizes = sizes
        self._rates = rates
        self._full = kind == "gofer"
        self.suffix = ""

    def throughput(self) -> Iterator[Sample]:
        """No-ops, from the first submit to the last result in the client's hands."""
        count = self._count()
        answer, cpu_s, others = self._subject.measured("throughput", count=count)
        rate = count / answer["total_s"]
        if not self.suffix:
            self._rates[self._subject.system] = rate
        cpu_us = per_task_us(cpu_s, count)
        figures = {
            "tasks_per_s": rate,
            "submits_per_s": count / answer["submit_s"],
            "cpu_us_per_task": sum(cpu_us.values()),
            "count": count,
        }
        yield self._subject.sample(f"throughput{self.suffix}", figures, cpu_us, others)

    def posts(self) -> Iterator[Sample]:
        """One POST a task (for the bare endpoint: one POST), over several connections."""
        sizes = self._sizes
        count = sizes.posts if self._full else sizes.bare_posts
        self._subject.driver.ask("posts", count=max(20, count // 20), connections=sizes.connections)
        answer, cpu_s, others = self._subject.measured(
            "posts", count=count, connections=sizes.connections
        )
        seconds = answer["total_s"]
        figures = {
            "requests_per_s": answer["requests"] / seconds,
            "median_ms": answer["median_ms"],
            "p99_ms": answer["p99_ms"],
        }
        if "polls" in answer:
            figures["post_p99_ms"] = answer["post_p99_ms"]
            figures["tasks_per_s"] = count / seconds
            figures["useful_per_s"] = (answer["requests"] - answer["polls"]) / seconds
        cpu_us = per_task_us(cpu_s, count)
        yield self._subject.sample("posts", figures, cpu_us, others)

    def submit(self) -> Iterator[Sample]:
        """Bulk submit, nobody takes the tasks."""
        self._subject.driver.ask("submit", count=self._sizes.warm_up)
        count = self._sizes.bulk_submit
        answer, cpu_s, others = self._subject.measured("submit", count=count)
        figures = {"submits_per_s": count / answer["total_s"]}
        yield self._subject.sample("submit", figures, per_task_us(cpu_s, count), others)

    def latency(self) -> Iterator[Sample]:
        """One after the other: submit, wait, next."""
        sizes = self._sizes
        answer, cpu_s, others = self._subject.measured(
            "latency", count=sizes.latency, seconds=sizes.latency_s
        )
        figures: dict[str, float] = {}
        for name, taken in answer.items():
            prefix = name.removesuffix("ms")
            figures[f"{prefix}median_ms"] = statistics.median(taken)
            figures[f"{prefix}p99_ms"] = percentile_99(taken)
        count = sum(len(taken) for taken in answer.values())
        yield self._subject.sample("latency", figures, per_task_us(cpu_s, count), others)

    def efficiency(self) -> Iterator[Sample]:
        """Short naps: ideal over actual time."""
        yield self._naps("efficiency 10 ms", self._sizes.naps, self._sizes.nap_s)

    def long_efficiency(self) -> Iterator[Sample]:
        """Long naps."""
        yield self._naps("efficiency 1 s", self._sizes.long_naps, self._sizes.long_nap_s)

    def echo(self) -> Iterator[Sample]:
        """Payloads there and back: small ones, and large ones."""
        for scenario, most, size in (
            ("echo 1 KiB", self._sizes.small_echoes, 1024),
            ("echo 1 MiB", self._sizes.large_echoes, self._sizes.large_bytes),
        ):
            few = min(FEW_ECHOES, most)
            tried = self._subject.driver.ask("echo", count=few, size=size)
            rate = few / tried["total_s"]
            count = max(few, min(most, round(rate * self._sizes.echo_s)))
            answer, cpu_s, others = self._subject.measured("echo", count=count, size=size)
            figures = {
                "echoes_per_s": count / answer["total_s"],
                "mib_per_s": count * size / MIB / answer["total_s"],
            }
            yield self._subject.sample(scenario, figures, per_task_us(cpu_s, count), others)

    def scaling(self) -> Iterator[Sample]:
        """The same with another number of children: no-ops and short naps."""
        yield from self.throughput()
        yield self._naps(f"efficiency 10 ms{self.suffix}", self._sizes.naps // 2, self._sizes.nap_s)

    def course(self, name: str) -> Callable[[], Iterator[Sample]]:
        """Return the function of a scenario."""
        courses = (
            self.throughput,
            self.posts,
            self.submit,
            self.latency,
            self.efficiency,
            self.long_efficiency,
            self.echo,
            self.scaling,
        )
        return next(each for each in courses if each.__name__ == name)

    def _naps(self, scenario: str, count: int, seconds: float) -> Sample:
        answer, cpu_s, others = self._subject.measured("naps", count=count, seconds=seconds)
        slots = answer["slots"]
        figures = {
            "efficiency": count * seconds / slots / answer["total_s"],
            "tasks_per_s": count / answer["total_s"],
            "at_once": slots,
        }
        return self._subject.sample(scenario, figures, per_task_us(cpu_s, count), others)

    def warm_up(self) -> None:
        """Let processes start and caches fill; of a system that is new, learn how fast it is."""
        count = self._sizes.warm_up
        self._subject.driver.ask("throughput", count=count)
        if self._subject.system in self._rates:
            return
        answer = self._subject.driver.ask("throughput", count=count)
        self._rates[self._subject.system] = count / answer["total_s"]

    def _count(self) -> int:
        most, rate = self._sizes.noop_most, self._rates[self._subject.system]
        if self._full or rate * FAST_S >= most:
            return most
        return max(self._sizes.warm_up, min(most, round(rate * self._sizes.noop_s)))
