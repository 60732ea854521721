"""The order of a run: rounds in which every system has its turn, then what gofer does alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.backlog import backlog
from benchmarks.decisions import decisions
from benchmarks.drivers import Driver, Problem
from benchmarks.environments import NoEnvironment, python_of
from benchmarks.machine import versions_of
from benchmarks.measure import Subject
from benchmarks.plan import SCENARIOS, Sizes
from benchmarks.results import Report, Sample
from benchmarks.standing import cold_start, idle
from benchmarks.store import OwnStore
from benchmarks.systems import System
from benchmarks.visits import TABLE, Visit

CHILDREN = 2
ORDER = ("throughput", "posts", "submit", "latency", "efficiency", "long_efficiency", "echo")
LONG = frozenset({"gofer-local", "pool"})
"""Who runs the tasks of a second: they are about gofer and its reference."""

WITH_TWO = frozenset({"throughput", "efficiency"})
"""What one child is compared with, and so belongs to the scaling."""

GIVE_UP_AFTER = 2
"""Visits in which a system did not start or hung, after which it is visited no more."""

Say = Callable[[str], None]


@dataclass(slots=True)
class Run:
    """A run in the making."""

    report: Report
    sizes: Sizes
    wanted: frozenset[str]
    server: OwnStore
    install: bool
    say: Say
    rates: dict[str, float] = field(default_factory=dict[str, float])
    _pythons: dict[str, Path | None] = field(default_factory=dict[str, Path | None])
    _failures: dict[str, int] = field(default_factory=dict[str, int])

    def everything(self, systems: Sequence[System]) -> None:
        """Run what is wanted; the report holds all that was found, whatever happens."""
        present = [system for system in systems if self._is_there(system)]
        for number in range(1, self.sizes.rounds + 1):
            turn = (number - 1) % max(1, len(present))
            for system in [*present[turn:], *present[:turn]]:  # nobody is always first
                self._visits(system, number)
        self._alone("scheduling", "gofer-core", lambda: decisions(self.sizes))
        self._alone("idle", "gofer-local", lambda: idle(self.sizes))
        self._alone("coldstart", "gofer-local", lambda: cold_start(self.sizes, self.server))
        self._alone("backlog", "gofer-store", lambda: backlog(self.sizes, self.server))

    def _is_there(self, system: System) -> bool:
        """Tell whether a system can take part, and note its versions, or why not."""
        if not system.asks & self.wanted:
            return False
        try:
            python = None
            if system.environment is not None:
                python = python_of(system.environment, install=self.install)
            for name, version in versions_of(system.packages, python).items():
                self.report.versions[f"{system.name}: {name}"] = version
        except NoEnvironment as reason:
            self.say(f"{system.title}: {reason}")
            asked = next(name for name in SCENARIOS if name in system.asks & self.wanted)
            scenario = TABLE.get(asked, asked)
            self.report.samples.append(Sample(scenario, system.name, 0, problem=str(reason)))
            return False
        self._pythons[system.name] = python
        return True

    def _visits(self, system: System, number: int) -> None:
        if self._failures.get(system.name, 0) >= GIVE_UP_AFTER:
            return
        names = [name for name in ORDER if self._is_asked(name, system, number)]
        if names:
            self.say(f"round {number} of {self.sizes.rounds}: {system.title}")
            self._visit(system, number, names, CHILDREN)
        asked = "scaling" in system.asks & self.wanted
        if asked and number <= self.sizes.long_rounds:
            self.say(f"round {number} of {self.sizes.rounds}: {system.title}, one child")
            self._visit(system, number, ["scaling"], 1)

    def _is_asked(self, name: str, system: System, number: int) -> bool:
        if name == "long_efficiency":
            rounds = number <= self.sizes.long_rounds
            return rounds and system.name in LONG and "efficiency" in self.wanted
        asked = name in system.asks & self.wanted
        scaled = name in WITH_TWO and "scaling" in system.asks & self.wanted
        return asked or scaled

    def _visit(self, system: System, number: int, names: Sequence[str], children: int) -> None:
        """Start a system, ask it everything, end it."""
        self.server.clear()
        with Driver(system.driver, self._pythons[system.name], self.sizes.answer_s) as driver:
            subject = Subject(system.name, number, driver, self.server.pid)
            visit = Visit(subject, self.sizes, self.rates, system.kind)
            visit.suffix = "" if children == CHILDREN else f", {children} child"
            try:
                self._start(system, driver, children)
                if "throughput" in system.asks:
                    visit.warm_up()
            except Problem as problem:
                self._failed(system, subject.problem(TABLE.get(names[0], names[0]), problem))
                return
            for name in names:
                try:
                    self.report.samples.extend(visit.course(name)())
                except Problem as problem:
                    self._failed(system, subject.problem(TABLE.get(name, name), problem))
                    if driver.hangs:
                        return

    def _start(self, system: System, driver: Driver, children: int) -> None:
        folder, url = str(driver.folder), self.server.url
        if "submit" in system.asks:
            driver.ask("start_api", store=url, folder=folder)
            return
        if system.mode is not None:
            driver.ask("mode", name=system.mode)
        driver.ask("start", store=url, children=children, folder=folder)

    def _failed(self, system: System, sample: Sample) -> None:
        self.say(f"  {system.title}: {sample.problem}")
        self.report.samples.append(sample)
        self._failures[system.name] = self._failures.get(system.name, 0) + 1

    def _alone(self, name: str, system: str, course: Callable[[], Iterator[Sample]]) -> None:
        if name not in self.wanted:
            return
        self.say(name)
        try:
            for sample in course():
                self.report.samples.append(sample)
                if sample.problem:
                    self.say(f"  {sample.system}: {sample.problem}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it stands in its row and the rest is measured
            problem = f"{type(error).__name__}: {error}"
            self.say(f"  {system}: {problem}")
            self.report.samples.append(Sample(name, system, 0, problem=problem))
