"""The targets of what gofer is measured in alone: backlog, decisions, idle, cold start."""

import math
from collections.abc import Callable, Iterator

from benchmarks.results import Report
from benchmarks.verdicts import GOFER, MODES, Verdict, missing

OPERATIONS = ("submit", "claim", "complete")
WAKES = "_wakes_per_s"
MEMORY = "_memory_mib"
TICKS = 8
"""Wake-ups a second that can only be a timer faster than a second."""


def backlog(report: Report) -> Iterator[Verdict]:
    """Hold the cost of a call with many tasks queued against that with few."""
    scenarios = [name for name in report.scenarios() if name.startswith("backlog ")]
    for operation in OPERATIONS:
        what, target = f"{operation} with tasks queued", "flat within 15 %"
        costs = [report.median(name, "gofer-store", f"{operation}_us") for name in scenarios]
        known = [cost for cost in costs if cost is not None]
        if not known:
            yield missing(what, target)
            continue
        queued = "/".join(f"{int(name.split()[1]):,}" for name in scenarios)
        shown = "/".join(f"{cost:.1f}" for cost in known)
        change = max(known) / known[0] - 1
        measured = f"{shown} us at {queued}: {change:+.0%} at most"
        yield Verdict(what, target, measured, change <= 0.15)
    sizes = [report.median(name, "gofer-store", "bytes_per_task") for name in scenarios]
    if sizes and sizes[-1] is not None:
        yield Verdict("Redis per queued no-op", "stated", f"{sizes[-1]:,.0f} bytes", reached=True)
    else:
        yield missing("Redis per queued no-op", "stated")


def scheduling(report: Report) -> Iterator[Verdict]:
    """Hold decisions against their rate, and its growth against the logarithm."""
    scenarios = [name for name in report.scenarios() if name.startswith("scheduling ")]
    found = {
        int(name.split()[1]): report.median(name, "gofer-core", "decisions_per_s")
        for name in scenarios
    }
    rates = {workers: rate for workers, rate in found.items() if rate is not None}
    what, target = "scheduling decisions", "at least 100 000/s"
    growth = "growing no faster than log n"
    if not rates:
        yield missing(what, target)
        yield missing("their cost", growth)
        return
    shown = ", ".join(f"{rate:,.0f}/s with {workers:,}" for workers, rate in rates.items())
    yield Verdict(what, target, shown, min(rates.values()) >= 100_000)
    few, many = min(rates), max(rates)
    grown, allowed = rates[few] / rates[many], math.log(many) / math.log(few)
    measured = f"{grown:.2f} x from {few:,} to {many:,} workers; log n: {allowed:.2f} x"
    yield Verdict("their cost", growth, measured, grown <= allowed)


def idle(report: Report) -> Iterator[Verdict]:
    """Hold CPU and memory of a system with nothing to do against their limits, in every mode."""
    rows: tuple[tuple[str, str, str, str, Callable[[float], bool]], ...] = (
        ("idle, all processes", "under 1 % of a core", "core_percent", "%", lambda x: x < 1),
        ("idle memory, all processes", "under 250 MB", "memory_mib", " MiB", lambda x: x < 238),
    )
    for what, target, figure, unit, holds in rows:
        found = {mode: report.median("idle", mode, figure) for mode in MODES}
        known = {mode: value for mode, value in found.items() if value is not None}
        if not known:
            yield missing(what, target)
            continue
        shown = ", ".join(f"{mode[6:]} {value:.2f}{unit}" for mode, value in known.items())
        yield Verdict(what, target, shown, all(holds(value) for value in known.values()))


def memory_by_process(report: Report) -> Iterator[Verdict]:
    """State the memory of each process."""
    what, target = "idle memory by process", "stated"
    found = {
        name.removesuffix(MEMORY): report.median("idle", GOFER, name)
        for name in report.figures("idle", GOFER)
        if name.endswith(MEMORY)
    }
    known = [f"{name} {value:.0f}" for name, value in found.items() if value is not None]
    if known:
        yield Verdict(what, target, f"{', '.join(known)} MiB", reached=True)
    else:
        yield missing(what, target)


def wakes(report: Report) -> Iterator[Verdict]:
    """Count wake-ups of each process's busiest thread.

    Up to one a second is no periodic wake-up faster than that, TICKS and more are one. Between
    the two the count cannot tell one fast timer from several slow ones, each with its own I/O.
    """
    what, target = "wake-ups while idle, of any thread but the store's", "none faster than 1 s"
    rates = {
        name.removesuffix(WAKES): rate
        for name in report.figures("idle", GOFER)
        if name.endswith(WAKES) and name != "store_wakes_per_s"
        if (rate := report.median("idle", GOFER, name)) is not None
    }
    if not rates:
        yield missing(what, target)
        return
    shown = ", ".join(f"{name} {rate:.1f}/s" for name, rate in rates.items() if rate >= 0.05)
    worst = max(rates.values())
    reached = True if worst <= 1.1 else False if worst >= TICKS else None
    yield Verdict(what, target, shown or "none", reached)


def cold_start(report: Report) -> Iterator[Verdict]:
    """Hold the time to a first result against its limits."""
    for what, limit, scenario, system in (
        ("`gofer up` to its first result", 2, "cold start: up", "gofer-local"),
        ("a worker to its first result", 1, "cold start: worker", "gofer-push"),
    ):
        taken = report.median(scenario, system, "first_result_s")
        target = f"under {limit} s"
        if taken is None:
            yield missing(what, target)
        else:
            yield Verdict(what, target, f"{taken:.2f} s", taken < limit)
