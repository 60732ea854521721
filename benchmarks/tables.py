"""A run as Markdown tables: for the terminal, and to be pasted anywhere."""

from collections.abc import Iterator, Sequence

from benchmarks.definitions import definition
from benchmarks.results import Report, Spread, spread
from benchmarks.systems import title_of
from benchmarks.verdicts import NOT_MEASURED, Verdict

HEADINGS = {
    "tasks_per_s": "tasks/s",
    "submits_per_s": "submits/s",
    "useful_per_s": "requests/s without polls",
    "requests_per_s": "requests/s",
    "cpu_us_per_task": "CPU us/task",
    "median_ms": "median ms",
    "p99_ms": "p99 ms",
    "post_p99_ms": "p99 ms of POSTs",
    "echoes_per_s": "echoes/s",
    "mib_per_s": "MiB/s",
    "decisions_per_s": "decisions/s",
    "first_result_s": "first result after s",
    "core_percent": "% of a core",
    "wakes_per_s": "wake-ups/s",
    "memory_mib": "MiB",
    "efficiency": "efficiency",
    "bytes_per_task": "bytes/task",
}
HIDDEN = {"count", "at_once", "workers"}
QUIET = 0.05
"""Which share of the machine others may take without harm to the figures."""

HOPS = ("throughput", "latency", "efficiency 10 ms", "echo 1 MiB")
"""The scenarios of which CPU is shown process by process."""


def results_table(report: Report) -> Iterator[str]:
    """Yield the lines of the tables of each scenario: medians, and from least to most."""
    for scenario in report.scenarios():
        yield f"### {scenario}"
        yield ""
        yield " ".join(filter(None, [definition(scenario), _busy(report, scenario)]))
        yield ""
        for shown, systems in _alike(report, scenario).items():
            headings = ["", *(HEADINGS.get(name, name.replace("_", " ")) for name in shown)]
            yield from markdown(
                headings,
                [
                    [_title(report, scenario, each), *_cells(report, scenario, each, shown)]
                    for each in systems
                ],
            )
            yield ""
        problems = [
            f"- {title_of(system)}: {problem}"
            for system in report.systems(scenario)
            for problem in report.problems(scenario, system)
        ]
        yield from [*problems, ""] if problems else ()


def hops_table(report: Report) -> Iterator[str]:
    """Yield the lines of the tables of CPU per task, process by process."""
    for scenario in (name for name in HOPS if name in report.scenarios()):
        taken = {name: report.cpu(scenario, name) for name in report.systems(scenario)}
        taken = {name: cpu for name, cpu in taken.items() if cpu and name != "floor"}
        parts = list(dict.fromkeys(part for cpu in taken.values() for part in cpu))
        rows = [
            [title_of(name), *(_us(cpu.get(part)) for part in parts), _us(sum(cpu.values()))]
            for name, cpu in taken.items()
        ]
        if rows:
            yield f"### CPU per task by process, us: {scenario}"
            yield ""
            yield from markdown(["", *parts, "in all"], rows)
            yield ""


def idle_table(report: Report) -> Iterator[str]:
    """Yield the lines of the table of what each process takes while nothing happens."""
    rows: list[list[str]] = []
    for mode in report.systems("idle"):
        for name in report.figures("idle", mode):
            part = name.removesuffix("_memory_mib")
            if name in (part, "memory_mib"):
                continue
            figures = (f"{part}_core_percent", f"{part}_wakes_per_s", name)
            rows.append([title_of(mode), part, *_cells(report, "idle", mode, figures)])
    if rows:
        yield "### idle, by process"
        yield ""
        yield from markdown(["", "", "% of a core", "wake-ups/s", "MiB"], rows)
        yield ""


def verdict_table(found: Sequence[Verdict]) -> Iterator[str]:
    """Yield the lines of the table of targets; those that were not measured are only counted."""
    words = {True: "reached", False: "**missed**", None: "-"}
    rows = [
        [each.what, each.target, each.measured, words[each.reached]]
        for each in found
        if each.measured != NOT_MEASURED
    ]
    yield "### Targets"
    yield ""
    if rows:
        yield from markdown(["what", "target", "measured", ""], rows)
    if missing := len(found) - len(rows):
        yield f"Not measured in this run: {missing} of {len(found)}."
    yield ""


def machine_lines(report: Report) -> Iterator[str]:
    """Yield on what the run took place, and how busy the rest of the machine was."""
    machine = report.machine
    changed = " with uncommitted changes" if machine["uncommitted_changes"] else ""
    yield f"Taken {machine['taken_at']}, commit {machine['commit'] or 'unknown'}{changed}."
    yield (
        f"{machine['cores']} cores of {machine['cpu']}, {machine['memory_gib']} GiB, "
        f"{machine['system']}, {machine['python']}, store {report.versions.get('store', '?')}."
    )
    rounds = report.options["rounds"]
    yield "One round." if rounds == 1 else f"Medians of {rounds} rounds, in brackets least to most."
    if busy := _busy(report, None):
        yield busy
    yield ""


def markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield an aligned Markdown table."""
    widths = [max(len(row[n]) for row in [headings, *rows]) for n in range(len(headings))]
    yield _line(headings, widths)
    yield "| " + " | ".join("-" * max(3, width) for width in widths) + " |"
    for row in rows:
        yield _line(row, widths)


def number(value: float) -> str:
    """Return a figure with three digits that matter, and all before the point."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(max(3, width)) for cell, width in zip(cells, widths, strict=True))
    return "| " + " | ".join(padded) + " |"


def _busy(report: Report, scenario: str | None) -> str:
    """Return how much of the machine others took, in one scenario or (None) in all."""
    share = spread(
        sample.others_busy
        for sample in report.samples
        if sample.others_busy is not None and scenario in {None, sample.scenario}
    )
    if share is None:
        return ""
    when = "of the machine" if scenario is None else "meanwhile"
    told = f"Other processes took {share.median:.0%} {when} (median; at most {share.most:.0%})."
    return told if share.median <= QUIET else f"{told} Too much to compare figures: repeat the run."


def _alike(report: Report, scenario: str) -> dict[tuple[str, ...], list[str]]:
    """Return the systems of a scenario by what stands in their rows; its tables."""
    tables: dict[tuple[str, ...], list[str]] = {}
    without: list[str] = []
    for system in report.systems(scenario):
        names = report.figures(scenario, system)
        shown = tuple(name for name in names if name not in HIDDEN)
        if scenario == "idle":  # by process too: there is a table for that
            shown = tuple(name for name in shown if name in HEADINGS)
        if not shown:
            without.append(system)
            continue
        fitting = next((known for known in tables if set(shown) <= set(known)), shown)
        tables.setdefault(fitting, []).append(system)
    tables.setdefault(next(iter(tables), ()), []).extend(without)
    return tables


def _us(value: float | None) -> str:
    return "" if value is None else f"{value:,.1f}"


def _title(report: Report, scenario: str, system: str) -> str:
    mark = " (!)" if report.problems(scenario, system) else ""
    return title_of(system) + mark


def _cells(report: Report, scenario: str, system: str, names: Sequence[str]) -> list[str]:
    return [_shown(report.figure(scenario, system, name)) for name in names]


def _shown(spread: Spread | None) -> str:
    if spread is None:
        return ""
    if spread.rounds == 1:
        return number(spread.median)
    return f"{number(spread.median)} ({number(spread.least)} to {number(spread.most)})"
