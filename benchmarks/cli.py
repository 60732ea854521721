"""The suite's command line: choose, run, show, keep."""

import argparse
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from benchmarks.charts import draw
from benchmarks.environments import ROOT
from benchmarks.machine import describe_machine
from benchmarks.plan import SCENARIOS, sizes
from benchmarks.processes import new_mark
from benchmarks.results import Report, read
from benchmarks.run import Run
from benchmarks.store import own_store
from benchmarks.systems import PEERS, SYSTEMS, System
from benchmarks.tables import hops_table, machine_lines, results_table, verdict_table
from benchmarks.targets import verdicts

BEGAN = time.monotonic()
RESULTS = ROOT / "benchmarks" / "results"
SCRATCH = ROOT / "build" / "bench-results"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the suite; exit 1 if something that should run did not run at all."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _leave)
    if options.show is not None:
        report = read(options.show)
        _show(report)
        _draw(report, options.charts)
        return
    report = _run(options)
    _show(report)
    brief = options.quick or "interrupted" in report.options
    name = f"{report.machine['taken_at'][:10]}-{report.machine['commit'] or 'unknown'}.json"
    chosen = options.output or (SCRATCH if brief else RESULTS) / name
    report.write(chosen, verdicts(report))
    _say(f"kept in {chosen}")
    _draw(report, options.charts or (SCRATCH if brief else RESULTS))
    if failed := _failed(report):
        _say("did not run: " + ", ".join(failed))
        raise SystemExit(1)


def _run(options: argparse.Namespace) -> Report:
    chosen = sizes(quick=options.quick, rounds=options.rounds)
    wanted = frozenset(options.only)
    shown = {"quick": options.quick, "rounds": chosen.rounds, "only": sorted(wanted)}
    report = Report(describe_machine(), shown, {})
    with own_store(new_mark()) as server:
        report.versions["store"] = server.version()
        run = Run(report, chosen, wanted, server, install=not options.quick, say=_say)
        try:
            run.everything(_systems(options.peers))
        except KeyboardInterrupt:
            report.options["interrupted"] = True
            _say("interrupted: what was measured until now follows")
    return report


def _systems(peers: frozenset[str] | None) -> list[System]:
    return [s for s in SYSTEMS if s.kind != "peer" or peers is None or s.name in peers]


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


def _show(report: Report) -> None:
    lines = [*machine_lines(report), *results_table(report), *hops_table(report)]
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


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    del frame
    raise SystemExit(128 + number)  # unwinds, which ends every process that was started


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke: see that everything runs")
    parser.add_argument(
        "--only",
        type=_Names(SCENARIOS),
        default=SCENARIOS,
        help=f"scenarios, by commas: {', '.join(SCENARIOS)}",
    )
    parser.add_argument(
        "--peers",
        type=_Names([peer.name for peer in PEERS]),
        help="peers, by commas, or none: " + ", ".join(peer.name for peer in PEERS),
    )
    parser.add_argument("--rounds", type=_positive, help="how often every system has its turn")
    parser.add_argument("--output", type=Path, help="the file to keep the results in")
    parser.add_argument("--charts", type=Path, help="the folder to draw the charts in")
    parser.add_argument("--show", type=Path, metavar="FILE", help="only show a file of results")
    return parser


class _Names:
    """A list of names, by commas; ``none`` is the empty one."""

    def __init__(self, known: Sequence[str]) -> None:
        self._known = known

    def __call__(self, text: str) -> frozenset[str]:
        names = frozenset(text.split(",")) - {"none", ""}
        if unknown := sorted(names - set(self._known)):
            raise argparse.ArgumentTypeError(
                f"{', '.join(unknown)}: there are {', '.join(self._known)}, none"
            )
        return names


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is no count")
    return int(text)
