"""What a run found: samples, and the file that keeps them with machine, versions and date."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

FORMAT = 1


class Sample(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one system did in one scenario in one round.

    ``figures`` end in their unit; ``cpu_us`` is CPU per task by process; ``others_busy`` the share
    of the machine that processes which are not part of it took. ``problem`` says why there are
    no figures.
    """

    scenario: str
    system: str
    round: int
    figures: dict[str, float] = {}
    cpu_us: dict[str, float] = {}
    others_busy: float | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, least and most of a figure over the rounds."""

    median: float
    least: float
    most: float
    rounds: int


def spread(values: Iterable[float]) -> Spread | None:
    """Return the spread of some values; None for none."""
    known = sorted(values)
    if not known:
        return None
    return Spread(statistics.median(known), known[0], known[-1], len(known))


@dataclass(slots=True)
class Report:
    """A whole run."""

    machine: dict[str, Any]
    options: dict[str, Any]
    versions: dict[str, str]
    samples: list[Sample] = field(default_factory=list[Sample])

    def figure(self, scenario: str, system: str, name: str) -> Spread | None:
        """Return a figure over all rounds; None where it was not measured."""
        return spread(
            sample.figures[name]
            for sample in self.samples
            if (sample.scenario, sample.system) == (scenario, system) and name in sample.figures
        )

    def median(self, scenario: str, system: str, name: str) -> float | None:
        """Return the median of a figure over all rounds."""
        found = self.figure(scenario, system, name)
        return None if found is None else found.median

    def cpu(self, scenario: str, system: str) -> dict[str, float]:
        """Return the median CPU per task by process, in us."""
        taken: dict[str, list[float]] = {}
        for sample in self.samples:
            if (sample.scenario, sample.system) == (scenario, system):
                for name, value in sample.cpu_us.items():
                    taken.setdefault(name, []).append(value)
        return {name: statistics.median(values) for name, values in taken.items()}

    def figures(self, scenario: str, system: str) -> list[str]:
        """Return the names of the figures of a system in a scenario."""
        found = (s.figures for s in self.samples if (s.scenario, s.system) == (scenario, system))
        return list(dict.fromkeys(name for figures in found for name in figures))

    def problems(self, scenario: str, system: str) -> list[str]:
        """Return what went wrong, each once."""
        found = [
            sample.problem
            for sample in self.samples
            if (sample.scenario, sample.system) == (scenario, system) and sample.problem
        ]
        return list(dict.fromkeys(found))

    def scenarios(self) -> list[str]:
        """Return the scenarios that were run, in the order of the run."""
        return list(dict.fromkeys(sample.scenario for sample in self.samples))

    def systems(self, scenario: str) -> list[str]:
        """Return the systems that took part in a scenario."""
        return list(dict.fromkeys(s.system for s in self.samples if s.scenario == scenario))

    def write(self, path: Path, targets: Iterable[Any]) -> None:
        """Keep it as JSON, with what became of the targets."""
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = [_shortened(sample) for sample in self.samples]
        kept = _Kept(FORMAT, self.machine, self.options, self.versions, list(targets), samples)
        content = msgspec.json.format(msgspec.json.encode(kept), indent=1)
        path.write_bytes(content + b"\n")


class _Kept(msgspec.Struct):
    """The file."""

    format: int
    machine: dict[str, Any]
    options: dict[str, Any]
    versions: dict[str, str]
    targets: list[Any]
    samples: list[Sample]


def read(path: Path) -> Report:
    """Return a run that was kept; raise ValueError if the file is none."""
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
    except msgspec.DecodeError as error:
        raise ValueError(f"{path.name} is no file of results: {error}") from None
    if kept.format != FORMAT:
        raise ValueError(f"{path.name} has format {kept.format}, and this is {FORMAT}")
    return Report(kept.machine, kept.options, kept.versions, kept.samples)


def _shortened(sample: Sample) -> Sample:
    """Return a sample whose figures have the digits that matter."""
    busy = sample.others_busy
    return msgspec.structs.replace(
        sample,
        figures={name: _rounded(value) for name, value in sample.figures.items()},
        cpu_us={name: _rounded(value) for name, value in sample.cpu_us.items()},
        others_busy=None if busy is None else round(busy, 3),
    )


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")
