"""The targets, each with what was measured, the ratio that decides, and whether it is reached.

A peer is *durable* when its tasks are in a store. Where a target names the best peer, that is the
best in this run; figures that are missing make a target "not measured", never reached.
"""

from collections.abc import Callable, Iterator

from benchmarks.results import Report
from benchmarks.standing_targets import (
    backlog,
    cold_start,
    idle,
    memory_by_process,
    scheduling,
    wakes,
)
from benchmarks.systems import PEERS, title_of
from benchmarks.verdicts import GOFER, MODES, Verdict, hops, missing, ranged

FLOOR = {"http": 2, "zmq": 1, "redis": 4}
"""The bare round trips that a task is made of, by the issue that set the targets."""

HUEY_THERE = 3383.0
"""Tasks a second of Huey on the machine on which the targets' absolute figures were set."""


def verdicts(report: Report) -> list[Verdict]:
    """Return all targets, in the order of the issue that set them."""
    return [verdict for rule in RULES for verdict in rule(report)]


def _bulk(report: Report) -> Iterator[Verdict]:
    what = "no-ops in bulk, end to end"
    ours = report.median("throughput", GOFER, "tasks_per_s")
    peers = _durable(report, "throughput", "tasks_per_s")
    if ours is None or not peers:
        yield missing(what, "at least 7 x the best durable peer")
    else:
        name, theirs = peers[-1]
        measured = f"{ours:,.0f}/s; {title_of(name)} {theirs:,.0f}/s: {ours / theirs:.1f} x"
        yield Verdict(what, "at least 7 x the best durable peer", measured, ours >= 7 * theirs)
    cpu = report.median("throughput", GOFER, "cpu_us_per_task")
    if cpu is None:
        yield missing("CPU per task, all processes", "under 70 us")
    else:
        scale = _scale(report)
        there = "" if scale is None else f"; 70 scaled by this machine's Huey: {70 / scale:.0f}"
        measured = f"{cpu:.1f} us ({hops(report, 'throughput', GOFER)}){there}"
        yield Verdict("CPU per task, all processes", "under 70 us", measured, cpu < 70)


def _posts(report: Report) -> Iterator[Verdict]:
    what, target = "one POST a task, 16 connections", "at least 70 % of bare FastAPI's requests/s"
    ours = report.median("posts", GOFER, "useful_per_s")
    tasks = report.median("posts", GOFER, "tasks_per_s")
    bare = report.median("posts", "fastapi", "requests_per_s")
    if ours is None or bare is None or tasks is None:
        yield missing(what, target)
    else:
        measured = (
            f"{ours:,.0f} requests/s ({tasks:,.0f} tasks/s; a POST and a result each), "
            f"bare {bare:,.0f}/s: {ours / bare:.0%}"
        )
        yield Verdict(what, target, measured, ours >= 0.7 * bare)
    of_all = report.median("posts", GOFER, "p99_ms")
    of_posts = report.median("posts", GOFER, "post_p99_ms")
    if of_all is None:
        yield missing("its requests' p99", "under 20 ms")
    else:
        shown = "" if of_posts is None else f"; of the POSTs alone {of_posts:.1f} ms"
        worst = max(of_all, of_posts or 0.0)
        yield Verdict("its requests' p99", "under 20 ms", f"{of_all:.1f} ms{shown}", worst < 20)


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
            yield missing(what, target)
        else:
            reached = rate >= 80_000 * (scale or 1.0)
            yield Verdict(what, target, f"{rate:,.0f}/s{shown}", reached)


def _latency(report: Report) -> Iterator[Verdict]:
    ours = report.median("latency", GOFER, "median_ms")
    peers = _durable(report, "latency", "median_ms")
    what, target = "one at a time, submit and wait", "median below every peer with a store"
    if ours is None or not peers:
        yield missing(what, target)
    else:
        systems = [GOFER, *(name for name, _ in peers[:2])]
        measured = ranged(report, "latency", "median_ms", systems, " ms")
        yield Verdict(what, target, measured, ours < peers[0][1])
    target = "at most 2.5 x (2 HTTP + 1 ZeroMQ + 4 Redis round trips)"
    bare = [report.median("latency", "floor", f"{kind}_median_ms") for kind in FLOOR]
    if ours is None or None in bare:
        yield missing("the same against the floor", target)
        return
    floor = sum(count * (each or 0.0) for count, each in zip(FLOOR.values(), bare, strict=True))
    measured = f"{ours:.2f} ms; floor {floor:.2f} ms: {ours / floor:.2f} x"
    yield Verdict("the same against the floor", target, measured, ours <= 2.5 * floor)


def _efficiency(report: Report) -> Iterator[Verdict]:
    ours = report.median("efficiency 10 ms", GOFER, "efficiency")
    pool = report.median("efficiency 10 ms", "pool", "efficiency")
    what, target = "10 ms tasks, 2 children", "efficiency at least ProcessPoolExecutor's"
    if ours is None or pool is None:
        yield missing(what, target)
    else:
        measured = ranged(report, "efficiency 10 ms", "efficiency", [GOFER, "pool"])
        yield Verdict(what, target, measured, ours >= pool)
    long = report.median("efficiency 1 s", GOFER, "efficiency")
    if long is None:
        yield missing("1 s tasks, 2 children", "99.5 %")
    else:
        yield Verdict("1 s tasks, 2 children", "99.5 %", f"{long:.2%}", long >= 0.995)


def _echo(report: Report) -> Iterator[Verdict]:
    for size in ("1 KiB", "1 MiB"):
        what, target = f"payload echo, {size}", "ahead of every durable peer"
        ours = report.median(f"echo {size}", GOFER, "echoes_per_s")
        peers = _durable(report, f"echo {size}", "echoes_per_s")
        if ours is None or not peers:
            yield missing(what, target)
        else:
            name, theirs = peers[-1]
            measured = ranged(report, f"echo {size}", "echoes_per_s", [GOFER, name], "/s")
            yield Verdict(what, target, measured, ours > theirs)
    what, target = "copies of a large payload", "counted and explained"
    cpu = sum(report.cpu("echo 1 MiB", GOFER).values())
    if not cpu:
        yield missing(what, target)
    else:
        shown = (
            f"{cpu / 1000:.1f} ms of CPU an echo of 1 MiB ({hops(report, 'echo 1 MiB', GOFER)} us)"
        )
        yield Verdict(what, target, f"{shown}; each copy: docs/performance.md", reached=True)


def _modes(report: Report) -> Iterator[Verdict]:
    what, target = "local, push and pull", "within 25 % of the best"
    rates = {mode: report.median("throughput", mode, "tasks_per_s") for mode in MODES}
    known = {mode: rate for mode, rate in rates.items() if rate is not None}
    if len(known) < len(MODES):
        yield missing(what, target)
        return
    shown = ", ".join(f"{mode[6:]} {rate:,.0f}/s" for mode, rate in known.items())
    worst = min(known.values()) / max(known.values())
    yield Verdict(what, target, f"{shown}: the least is {worst:.0%}", worst >= 0.75)


RULES: tuple[Callable[[Report], Iterator[Verdict]], ...] = (
    _bulk,
    _posts,
    _submit,
    _latency,
    _efficiency,
    _echo,
    backlog,
    scheduling,
    idle,
    memory_by_process,
    wakes,
    cold_start,
    _modes,
)


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
