"""What became of one target, and how figures are put into its words."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.results import Report
from benchmarks.systems import title_of

GOFER = "gofer-local"
MODES = ("gofer-local", "gofer-push", "gofer-pull")
NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One target. ``reached`` is None where something was not measured."""

    what: str
    target: str
    measured: str
    reached: bool | None


def missing(what: str, target: str) -> Verdict:
    """Return the verdict on a target of which figures are missing."""
    return Verdict(what, target, NOT_MEASURED, None)


def hops(report: Report, scenario: str, system: str) -> str:
    """Return the CPU per task of each process, in us, as words."""
    taken = report.cpu(scenario, system)
    return ", ".join(f"{name} {value:,.0f}" for name, value in taken.items() if value >= 0.5)


def ranged(
    report: Report, scenario: str, figure: str, systems: Sequence[str], unit: str = ""
) -> str:
    """Return a figure of systems that are compared, each with least and most: noise shows."""
    words: list[str] = []
    for system in systems:
        found = report.figure(scenario, system, figure)
        if found is not None:
            median, least, most = (_digits(x) for x in (found.median, found.least, found.most))
            name = "" if system == GOFER else f"{title_of(system)} "
            span = f" ({least} to {most})" if found.rounds > 1 else ""
            words.append(f"{name}{median}{unit}{span}")
    return "; ".join(words)


def _digits(value: float) -> str:
    """Return it with as many digits as may decide."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
