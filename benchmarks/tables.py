"""A run as Markdown tables: for the terminal, and to be pasted anywhere."""

from collections.abc import Iterable, Iterator, Sequence

from benchmarks.results import Report, Spread
from benchmarks.systems import title_of
from benchmarks.targets import Verdict

HEADINGS = {
    "tasks_per_s": "tasks/s",
    "submits_per_s": "submits/s",
    "useful_per_s": "requests/s without polls",
    "requests_per_s": "requests/s",
    "cpu_us_per_task": "CPU us/task",
    "median_ms": "median ms",
    "p99_ms": "p99 ms",
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


def results_table(report: Report) -> Iterator[str]:
    """Yield the lines of one table a scenario: medians, and from least to most."""
    for scenario in report.scenarios():
        systems = report.systems(scenario)
        names = _figures(report, scenario)
        yield f"### {scenario}"
        yield ""
        shown = [name for name in names if name not in HIDDEN]
        rows = [
            [_title(report, scenario, system), *_cells(report, scenario, system, shown)]
            for system in systems
        ]
        headings = ["", *(HEADINGS.get(name, name.replace("_", " ")) for name in shown)]
        yield from markdown(headings, rows)
        for system in systems:
            for problem in report.problems(scenario, system):
                yield f"- {title_of(system)}: {problem}"
        yield ""


def hops_table(report: Report) -> Iterator[str]:
    """Yield the lines of the table of CPU per no-op task, process by process."""
    systems = [name for name in report.systems("throughput") if report.cpu("throughput", name)]
    parts = list(dict.fromkeys(p for name in systems for p in report.cpu("throughput", name)))
    rows: list[list[str]] = []
    for name in systems:
        cpu = report.cpu("throughput", name)
        cells = [f"{cpu[part]:.1f}" if part in cpu else "" for part in parts]
        rows.append([title_of(name), *cells, f"{sum(cpu.values()):.1f}"])
    if rows:
        yield "### CPU per no-op task in bulk, us by process"
        yield ""
        yield from markdown(["", *parts, "in all"], rows)
        yield ""


def verdict_table(found: Iterable[Verdict]) -> Iterator[str]:
    """Yield the lines of the table of targets."""
    words = {True: "reached", False: "**missed**", None: "-"}
    rows = [[each.what, each.target, each.measured, words[each.reached]] for each in found]
    yield "### Targets"
    yield ""
    yield from markdown(["what", "target", "measured", ""], rows)
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
    busy = sorted(s.others_busy for s in report.samples if s.others_busy is not None)
    if busy:
        middle = busy[len(busy) // 2]
        yield f"Other processes took {middle:.0%} of the machine (median; at most {busy[-1]:.0%})."
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


def _figures(report: Report, scenario: str) -> list[str]:
    found = (name for s in report.samples if s.scenario == scenario for name in s.figures)
    names = list(dict.fromkeys(found))
    if scenario == "idle":  # by process too: in the file, and in all here
        return [name for name in names if name in HEADINGS]
    return names


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
