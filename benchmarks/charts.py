"""The charts that the README shows: throughput, latency, scaling."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.results import Report, Spread
from benchmarks.svg import Bar, bar_chart
from benchmarks.systems import BY_NAME, SYSTEMS, title_of
from benchmarks.tables import number

ONE_CHILD = ", 1 child"


def draw(report: Report, folder: Path) -> list[Path]:
    """Write every chart that there are figures for; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn: list[Path] = []
    for name, chart in (
        ("throughput", _throughput(report)),
        ("latency", _latency(report)),
        ("scaling", _scaling(report)),
    ):
        if chart:
            path = folder / f"{name}.svg"
            path.write_text(chart, encoding="utf-8")
            drawn.append(path)
    return drawn


def _throughput(report: Report) -> str:
    bars = list(_bars(report, "throughput", "tasks_per_s", "/s", descending=True))
    note = "from the first submit to the last result in the client's hands; more is better"
    return (
        bar_chart("No-op tasks a second, two worker processes", note, bars, foot(report))
        if bars
        else ""
    )


def _latency(report: Report) -> str:
    bars = list(_bars(report, "latency", "median_ms", " ms", descending=False))
    note = "median of single tasks, one after the other; less is better"
    title = "Submit one task and wait for its result"
    return bar_chart(title, note, bars, foot(report), logarithmic=True) if bars else ""


def _scaling(report: Report) -> str:
    scenario, figure = "efficiency 10 ms", "tasks_per_s"
    bars: list[Bar] = []
    for name in _ordered(report, scenario, figure, descending=True):
        one = report.figure(scenario + ONE_CHILD, name, figure)
        two = report.figure(scenario, name, figure)
        if one is None or two is None or _threads(report, name):
            continue
        bars += [
            _bar(name, one, f"{number(one.median)}/s with 1"),
            _bar(name, two, f"{number(two.median)}/s with 2", second=True),
        ]
    note = "one and two worker processes; 100 and 200 a second are ideal"
    return bar_chart("Tasks of 10 ms a second", note, bars, foot(report)) if bars else ""


def foot(report: Report) -> str:
    """Return on what the figures were taken, in a line."""
    machine = report.machine
    return (
        f"{machine['taken_at'][:10]}, revision {machine['commit'][:8] or 'unknown'},"
        f" {machine['cores']} cores; medians of {report.options['rounds']} rounds,"
        " lines from least to most"
    )


def _threads(report: Report, name: str) -> bool:
    """Tell whether a system runs more at once than it has processes: another comparison."""
    at_once = report.median("efficiency 10 ms", name, "at_once")
    return at_once is not None and at_once > 2


def _bars(
    report: Report, scenario: str, figure: str, unit: str, *, descending: bool
) -> Iterator[Bar]:
    for name in _ordered(report, scenario, figure, descending=descending):
        spread = report.figure(scenario, name, figure)
        if spread is not None:
            yield _bar(name, spread, number(spread.median) + unit)


def _ordered(report: Report, scenario: str, figure: str, *, descending: bool) -> list[str]:
    medians = {s.name: report.median(scenario, s.name, figure) for s in SYSTEMS}
    known = {name: value for name, value in medians.items() if value is not None}
    return sorted(known, key=lambda name: known[name], reverse=descending)


def _bar(name: str, spread: Spread, shown: str, *, second: bool = False) -> Bar:
    system = BY_NAME[name]
    kind = "volatile" if system.kind == "peer" and not system.durable else system.kind
    values = (spread.median, spread.least, spread.most)
    return Bar(title_of(name), kind, *values, shown=shown, second=second)
