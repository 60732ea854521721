"""The benchmark suite's smoke: everything runs once; no figure is judged."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from benchmarks.results import read
from tests.support.checkout import ROOT
from tests.support.processes import ProcessRunner
from tests.support.waiting import wait_until


@pytest.mark.timeout(300)  # the peers whose environments are there take part
def test_the_smoke_runs_everything_once(processes: ProcessRunner, tmp_path: Path) -> None:
    kept = tmp_path / "results.json"
    arguments = ("--quick", "--output", str(kept), "--charts", str(tmp_path / "charts"))
    suite = processes.start_module("benchmarks", *arguments, cwd=ROOT)
    assert suite.wait(280) == 0, suite.log()
    report = read(kept)
    problems = {(s.scenario, s.system): s.problem for s in report.samples if s.problem}
    assert {name: text for name, text in problems.items() if "not installed" not in text} == {}
    assert "### Targets" in suite.log()
    assert len(list((tmp_path / "charts").glob("*.svg"))) == 3


def test_an_interrupted_run_leaves_no_process_and_keeps_what_it_measured(
    processes: ProcessRunner, tmp_path: Path
) -> None:
    kept = tmp_path / "results.json"
    options = ("--quick", "--only", "throughput", "--peers", "none", "--output", str(kept))
    suite = processes.start_module("benchmarks", *options, cwd=ROOT)
    suite.wait_for_log("gofer (push)")  # the second: the first has figures
    wait_until(lambda: len(suite.descendants()) > 3, "the store, a driver and its system run")
    family = suite.descendants()
    suite.send(signal.SIGINT)
    assert suite.wait() == 130, suite.log()
    _, alive = psutil.wait_procs(family, 10)
    assert alive == []
    report = read(kept)
    assert report.options["interrupted"] is True
    assert report.median("throughput", "gofer-local", "tasks_per_s")
    assert "### Targets" in suite.log()


def test_a_run_that_is_killed_takes_its_store_and_its_system_along(
    processes: ProcessRunner,
) -> None:
    options = ("--quick", "--only", "throughput", "--peers", "none")
    suite = processes.start_module("benchmarks", *options, cwd=ROOT)
    wait_until(lambda: len(suite.descendants()) > 3, "the store, a driver and its system run")
    family = suite.descendants()
    suite.send(signal.SIGKILL)
    _, alive = psutil.wait_procs(family, 30)
    assert alive == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--only", "speed"), "speed: there are throughput,"),
        (("--peers", "sidekiq"), "sidekiq: there are huey,"),
        (("--only", "none"), "none: there are throughput,"),
        (("--rounds", "0"), "0 is no count"),
        (("--show", "README.md"), "README.md is no file of results"),
        (("--show", "absent.json"), "No such file"),
        (("--quick", "--output", "/proc/no/results.json"), "cannot be written"),
    ],
)
def test_what_it_does_not_know_is_said(arguments: tuple[str, str], says: str) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert told.returncode == 2
    assert says in told.stderr
