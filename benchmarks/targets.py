"""The targets, each with what was measured, the ratio that decides, and whether it is reached.

A peer is *durable* when its tasks are in a store. Where a target names the best peer, that is the
best in this run; figures that are missing make a target "not measured", never reached.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.results import Report
from benchmarks.systems import PEERS, title_of

GOFER = "gofer-local"
MODES = ("gofer-local", "gofer-push", "gofer-pull")
OPERATIONS = ("submit", "claim", "complete")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One target. ``reached`` is None where something was not measured."""

    what: str
    target: str
    measured: str
    reached: bool | None


def verdicts(report: Report) -> list[Verdict]:
    """Return all targets, in the order of the issue that set them."""
    return [verdict for rule in RULES for verdict in rule(report)]


def _bulk(report: Report) -> Iterator[Verdict]:
    what = "no-ops in bulk, end to end"
    ours = report.median("throughput", GOFER, "tasks_per_s")
    peers = _durable(report, "throughput", "tasks_per_s")
    if ours is None or not peers:
        yield _missing(what, "at least 7 x the best durable peer")
    else:
        name, theirs = peers[-1]
        measured = f"{ours:,.0f}/s; {title_of(name)} {theirs:,.0f}/s: {ours / theirs:.1f} x"
        yield Verdict(what, "at least 7 x the best durable peer", measured, ours >= 7 * theirs)
    cpu = report.median("throughput", GOFER, "cpu_us_per_task")
    if cpu is None:
        yield _missing("CPU per task, all processes", "under 70 us")
    else:
        hops = report.cpu("throughput", GOFER)
        shown = ", ".join(f"{name} {value:.0f}" for name, value in hops.items() if value >= 0.5)
        yield Verdict(
            "CPU per task, all processes", "under 70 us", f"{cpu:.0f} us ({shown})", cpu < 70
        )


def _posts(report: Report) -> Iterator[Verdict]:
    what, target = "one POST a task, 16 connections", "at least 70 % of bare FastAPI's requests/s"
    ours = report.median("posts", GOFER, "useful_per_s")
    tasks = report.median("posts", GOFER, "tasks_per_s")
    bare = report.median("posts", "fastapi", "requests_per_s")
    if ours is None or bare is None or tasks is None:
        yield _missing(what, target)
    else:
        measured = (
            f"{ours:,.0f} requests/s ({tasks:,.0f} tasks/s; a POST and a result each), "
            f"bare {bare:,.0f}/s: {ours / bare:.0%}"
        )
        yield Verdict(what, target, measured, ours >= 0.7 * bare)
    p99 = report.median("posts", GOFER, "p99_ms")
    if p99 is None:
        yield _missing("its requests' p99", "under 20 ms")
    else:
        yield Verdict("its requests' p99", "under 20 ms", f"{p99:.1f} ms", p99 < 20)


def _submit(report: Report) -> Iterator[Verdict]:
    scale = _scale(report)
    shown = (
        "" if scale is None else f"; 80,000 scaled by this machine's Huey: {80_000 * scale:,.0f}"
    )
    for what, scenario, system in (
        ("bulk submit, no worker running", "submit", "gofer-api"),
        ("bulk submit, workers running", "throughput", GOFER),
    ):
        target = "at least 80 000/s, same scale"
        rate = report.median(scenario, system, "submits_per_s")
        if rate is None:
            yield _missing(what, target)
        else:
            reached = rate >= 80_000 * (scale or 1.0)
            yield Verdict(what, target, f"{rate:,.0f}/s{shown}", reached)


def _latency(report: Report) -> Iterator[Verdict]:
    ours = report.median("latency", GOFER, "median_ms")
    peers = _durable(report, "latency", "median_ms")
    what, target = "one at a time, submit and wait", "median below every peer with a store"
    if ours is None or not peers:
        yield _missing(what, target)
    else:
        shown = ", ".join(f"{title_of(name)} {theirs:.2f} ms" for name, theirs in peers[:2])
        yield Verdict(what, target, f"{ours:.2f} ms; {shown}", ours < peers[0][1])
    target = "at most 2.5 x (2 HTTP + 1 ZeroMQ + 4 Redis round trips)"
    bare = [report.median("latency", "floor", f"{kind}_median_ms") for kind in FLOOR]
    if ours is None or None in bare:
        yield _missing("the same against the floor", target)
        return
    floor = sum(count * (each or 0.0) for count, each in zip(FLOOR.values(), bare, strict=True))
    measured = f"{ours:.2f} ms; floor {floor:.2f} ms: {ours / floor:.2f} x"
    yield Verdict("the same against the floor", target, measured, ours <= 2.5 * floor)


def _efficiency(report: Report) -> Iterator[Verdict]:
    ours = report.median("efficiency 10 ms", GOFER, "efficiency")
    pool = report.median("efficiency 10 ms", "pool", "efficiency")
    what, target = "10 ms tasks, 2 children", "efficiency at least ProcessPoolExecutor's"
    if ours is None or pool is None:
        yield _missing(what, target)
    else:
        yield Verdict(what, target, f"{ours:.3f}; pool {pool:.3f}", ours >= pool)
    long = report.median("efficiency 1 s", GOFER, "efficiency")
    if long is None:
        yield _missing("1 s tasks, 2 children", "99.5 %")
    else:
        yield Verdict("1 s tasks, 2 children", "99.5 %", f"{long:.2%}", long >= 0.995)


def _echo(report: Report) -> Iterator[Verdict]:
    for size in ("1 KiB", "1 MiB"):
        what, target = f"payload echo, {size}", "ahead of every durable peer"
        ours = report.median(f"echo {size}", GOFER, "echoes_per_s")
        peers = _durable(report, f"echo {size}", "echoes_per_s")
        if ours is None or not peers:
            yield _missing(what, target)
        else:
            name, theirs = peers[-1]
            measured = f"{ours:,.0f}/s; {title_of(name)} {theirs:,.0f}/s"
            yield Verdict(what, target, measured, ours > theirs)


def _backlog(report: Report) -> Iterator[Verdict]:
    scenarios = [name for name in report.scenarios() if name.startswith("backlog ")]
    for operation in OPERATIONS:
        what, target = f"{operation} with tasks queued", "flat within 15 %"
        costs = [report.median(name, "gofer-store", f"{operation}_us") for name in scenarios]
        known = [cost for cost in costs if cost is not None]
        if not known:
            yield _missing(what, target)
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
        yield _missing("Redis per queued no-op", "stated")


def _scheduling(report: Report) -> Iterator[Verdict]:
    scenarios = [name for name in report.scenarios() if name.startswith("scheduling ")]
    found = {
        int(name.split()[1]): report.median(name, "gofer-core", "decisions_per_s")
        for name in scenarios
    }
    rates = {workers: rate for workers, rate in found.items() if rate is not None}
    what, target = "scheduling decisions", "at least 100 000/s"
    growth = "growing no faster than log n"
    if not rates:
        yield _missing(what, target)
        yield _missing("their cost", growth)
        return
    shown = ", ".join(f"{rate:,.0f}/s with {workers:,}" for workers, rate in rates.items())
    yield Verdict(what, target, shown, min(rates.values()) >= 100_000)
    few, many = min(rates), max(rates)
    grown, allowed = rates[few] / rates[many], math.log(many) / math.log(few)
    measured = f"{grown:.2f} x from {few:,} to {many:,} workers; log n: {allowed:.2f} x"
    yield Verdict("their cost", growth, measured, grown <= allowed)


def _idle(report: Report) -> Iterator[Verdict]:
    rows: tuple[tuple[str, str, str, str, Callable[[float], bool]], ...] = (
        ("idle, all processes", "under 1 % of a core", "core_percent", "%", lambda x: x < 1),
        ("idle memory, all processes", "under 250 MB", "memory_mib", " MiB", lambda x: x < 238),
    )
    for what, target, figure, unit, holds in rows:
        found = {mode: report.median("idle", mode, figure) for mode in MODES}
        known = {mode: value for mode, value in found.items() if value is not None}
        if not known:
            yield _missing(what, target)
            continue
        shown = ", ".join(f"{mode[6:]} {value:.2f}{unit}" for mode, value in known.items())
        yield Verdict(what, target, shown, all(holds(value) for value in known.values()))


def _wakes(report: Report) -> Iterator[Verdict]:
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
        yield _missing(what, target)
        return
    shown = ", ".join(f"{name} {rate:.1f}/s" for name, rate in rates.items() if rate >= 0.05)
    worst = max(rates.values())
    reached = True if worst <= 1.1 else False if worst >= TICKS else None
    yield Verdict(what, target, shown or "none", reached)


def _cold_start(report: Report) -> Iterator[Verdict]:
    for what, limit, scenario, system in (
        ("`gofer up` to its first result", 2, "cold start: up", "gofer-local"),
        ("a worker to its first result", 1, "cold start: worker", "gofer-push"),
    ):
        taken = report.median(scenario, system, "first_result_s")
        target = f"under {limit} s"
        if taken is None:
            yield _missing(what, target)
        else:
            yield Verdict(what, target, f"{taken:.2f} s", taken < limit)


def _modes(report: Report) -> Iterator[Verdict]:
    what, target = "local, push and pull", "within 25 % of the best"
    rates = {mode: report.median("throughput", mode, "tasks_per_s") for mode in MODES}
    known = {mode: rate for mode, rate in rates.items() if rate is not None}
    if len(known) < len(MODES):
        yield _missing(what, target)
        return
    shown = ", ".join(f"{mode[6:]} {rate:,.0f}/s" for mode, rate in known.items())
    worst = min(known.values()) / max(known.values())
    yield Verdict(what, target, f"{shown}: the least is {worst:.0%}", worst >= 0.75)


FLOOR = {"http": 2, "zmq": 1, "redis": 4}
NOT_MEASURED = "not measured"
WAKES = "_wakes_per_s"
TICKS = 8
HUEY_THERE = 3383.0
"""Tasks a second of Huey on the machine on which the targets' absolute figures were set."""

RULES: tuple[Callable[[Report], Iterator[Verdict]], ...] = (
    _bulk,
    _posts,
    _submit,
    _latency,
    _efficiency,
    _echo,
    _backlog,
    _scheduling,
    _idle,
    _wakes,
    _cold_start,
    _modes,
)


def _missing(what: str, target: str) -> Verdict:
    return Verdict(what, target, NOT_MEASURED, None)


def _scale(report: Report) -> float | None:
    """Return how fast this machine is, by Huey, against the one of the absolute targets."""
    huey = report.median("throughput", "huey", "tasks_per_s")
    return None if huey is None else huey / HUEY_THERE


def _durable(report: Report, scenario: str, figure: str) -> list[tuple[str, float]]:
    """Return the durable peers with their medians, from least to most."""
    found = [
        (peer.name, value)
        for peer in PEERS
        if peer.durable and (value := report.median(scenario, peer.name, figure)) is not None
    ]
    return sorted(found, key=lambda pair: pair[1])
