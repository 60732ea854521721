"""The suite's command line: choose, run, show, keep."""

import argparse
import sys
import time
import traceback
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path

from benchmarks.charts import draw
from benchmarks.environments import HOME, ROOT
from benchmarks.keeping import name_for, unused, whole, writable
from benchmarks.machine import describe_machine
from benchmarks.plan import SCENARIOS, sizes
from benchmarks.processes import new_mark
from benchmarks.results import Report, read
from benchmarks.run import Run
from benchmarks.signals import Interrupted, unwind_once
from benchmarks.store import NoStore, own_store
from benchmarks.systems import PEERS, SYSTEMS, System
from benchmarks.tables import (
    hops_table,
    idle_table,
    machine_lines,
    results_table,
    verdict_table,
)
from benchmarks.targets import verdicts
from benchmarks.turnstile import Taken, alone

ALL_PEERS = tuple(peer.name for peer in PEERS)
LOCK = HOME / "run.lock"
BEGAN = time.monotonic()
RESULTS = ROOT / "benchmarks" / "results"
SCRATCH = ROOT / "build" / "bench-results"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the suite; exit 1 if something that should run did not run at all.

    A signal ends it with 128 and its number, after what was measured until then is shown and kept.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.show is not None:
        _show_kept(parser, options.show, options.charts)
        return
    if not sys.platform.startswith("linux"):
        parser.exit(1, "the suite reads /proc of Linux, and this is none\n")
    if options.output is not None and not writable(options.output):
        parser.error(f"{options.output} cannot be written")
    unwind_once()
    quick = nullcontext()  # it measures nothing and installs nothing, so it is in nobody's way
    try:
        with quick if options.quick else alone(LOCK):
            _run(options)
    except (Taken, NoStore) as reason:
        parser.exit(1, f"{reason}\n")
    except Interrupted as interruption:
        parser.exit(128 + interruption.number, "interrupted before anything was measured\n")


def _run(options: argparse.Namespace) -> None:
    """Measure, show, keep, draw; exit as ``main`` says."""
    report = _new_report(options)
    code = _measured(options, report)
    _show(report)
    folder = RESULTS if whole(report) else SCRATCH
    file = options.output or unused(folder / name_for(report))
    report.write(file, verdicts(report))
    _say(f"kept in {file}")
    _draw(report, options.charts or folder)
    if failed := _failed(report):
        _say("did not run: " + ", ".join(failed))
        code = code or 1
    if code:
        raise SystemExit(code)


def _new_report(options: argparse.Namespace) -> Report:
    shown = {
        "quick": options.quick,
        "rounds": sizes(quick=options.quick, rounds=options.rounds).rounds,
        "only": sorted(options.only),
        "peers": sorted(options.peers),
    }
    return Report(describe_machine(), shown, {})


def _measured(options: argparse.Namespace, report: Report) -> int:
    """Fill the report; return the exit code: other than 0 if the run was broken off."""
    chosen = sizes(quick=options.quick, rounds=options.rounds)
    try:
        with own_store(new_mark()) as server:
            report.versions["store"] = server.version()
            wanted = frozenset(options.only)
            run = Run(report, chosen, wanted, server, install=not options.quick, say=_say)
            run.everything(_systems(options.peers))
    except Interrupted as interruption:
        report.options["interrupted"] = True
        _say("interrupted: what was measured until now follows")
        return 128 + interruption.number
    except NoStore:
        raise
    except Exception as error:  # noqa: BLE001 - whatever broke it off, what was measured is kept
        traceback.print_exc()
        report.options["broken_off"] = f"{type(error).__name__}: {error}"
        _say("broken off: what was measured until now follows")
        return 1
    return 0


def _systems(peers: frozenset[str]) -> list[System]:
    return [system for system in SYSTEMS if system.kind != "peer" or system.name in peers]


def _failed(report: Report) -> list[str]:
    """Return what has no figures although nothing excuses it; a missing peer is excused."""
    own = {system.name for system in SYSTEMS if system.kind != "peer"}
    own |= {"gofer-core", "gofer-store"}
    return sorted(
        f"{scenario} of {system}"
        for scenario in report.scenarios()
        for system in report.systems(scenario)
        if system in own and report.problems(scenario, system)
    )


def _show_kept(parser: argparse.ArgumentParser, file: Path, charts: Path | None) -> None:
    try:
        report = read(file)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    _show(report)
    _draw(report, charts)


def _show(report: Report) -> None:
    tables = (machine_lines, results_table, idle_table, hops_table)
    lines = [line for table in tables for line in table(report)]
    _print([*lines, *verdict_table(verdicts(report))])


def _draw(report: Report, folder: Path | None) -> None:
    if folder is not None:
        for path in draw(report, folder):
            _say(f"drawn: {path}")


def _print(lines: Iterable[str]) -> None:
    print("\n".join(lines))  # noqa: T201 - a command line's output


def _say(text: str) -> None:
    elapsed = time.monotonic() - BEGAN
    print(f"{elapsed:6.1f} s  {text}", file=sys.stderr, flush=True)  # noqa: T201 - progress


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke: see that everything runs")
    parser.add_argument(
        "--only",
        type=_Names(SCENARIOS),
        default=frozenset(SCENARIOS),
        help=f"scenarios, by commas: {', '.join(SCENARIOS)}",
    )
    parser.add_argument(
        "--peers",
        type=_Names(ALL_PEERS, none="none"),
        default=ALL_PEERS,
        help="peers, by commas, or none: " + ", ".join(ALL_PEERS),
    )
    parser.add_argument("--rounds", type=_positive, help="how often every system has its turn")
    parser.add_argument("--output", type=Path, help="the file to keep the results in")
    parser.add_argument("--charts", type=Path, help="the folder to draw the charts in")
    parser.add_argument("--show", type=Path, metavar="FILE", help="only show a file of results")
    return parser


class _Names:
    """A list of names, by commas; the empty one, where there may be one, is called ``none``."""

    def __init__(self, known: Sequence[str], *, none: str = "") -> None:
        self._known = known
        self._none = none

    def __call__(self, text: str) -> frozenset[str]:
        if text == self._none:
            return frozenset()
        names = frozenset(text.split(","))
        if unknown := sorted(names - set(self._known)):
            there = ", ".join([*self._known, *filter(None, [self._none])])
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: there are {there}")
        return names


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is no count")
    return int(text)
