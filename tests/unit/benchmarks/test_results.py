"""Results: medians over rounds, and a file that can be read again."""

from pathlib import Path

import pytest

from benchmarks.definitions import definition
from benchmarks.results import Report, Sample, Spread, read, spread
from benchmarks.tables import (
    hops_table,
    idle_table,
    markdown,
    number,
    results_table,
    verdict_table,
)
from benchmarks.targets import verdicts
from benchmarks.verdicts import NOT_MEASURED, Verdict, missing
from tests.support.checkout import ROOT

RESULTS = ROOT / "benchmarks" / "results"


def test_a_spread_is_median_least_and_most() -> None:
    assert spread([3.0, 1.0, 10.0]) == Spread(3.0, 1.0, 10.0, 3)
    assert spread([]) is None


def test_a_run_that_is_kept_can_be_read_again(tmp_path: Path) -> None:
    samples = [
        Sample("throughput", "huey", 1, {"tasks_per_s": 1234.5678}, {"client": 1.0}, 0.5),
        Sample("throughput", "ray", 1, problem="not installed"),
    ]
    path = tmp_path / "sub" / "run.json"
    Report({"cores": 2}, {"rounds": 1}, {"store": "redis 7"}, samples).write(path, [])
    again = read(path)
    assert again.machine == {"cores": 2}
    assert again.median("throughput", "huey", "tasks_per_s") == 1234.6
    assert again.samples[1] == samples[1]


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text('{"format": 1}')
    with pytest.raises(ValueError, match=r"run\.json is no file of results"):
        read(path)


def test_a_problem_stands_below_the_table_and_marks_the_row() -> None:
    samples = [
        Sample("latency", "huey", 1, {"median_ms": 1.0}),
        Sample("latency", "huey", 2, problem="no answer within 90 s"),
    ]
    lines = list(results_table(Report({}, {}, {}, samples)))
    assert any(line.startswith("| Huey (!)") for line in lines)
    assert "- Huey: no answer within 90 s" in lines


def test_systems_with_other_figures_have_a_table_of_their_own() -> None:
    samples = [
        Sample("latency", "huey", 1, {"median_ms": 1.0, "p99_ms": 2.0}),
        Sample("latency", "floor", 1, {"http_median_ms": 0.2}),
        Sample("latency", "ray", 0, problem="cannot be installed"),
    ]
    lines = list(results_table(Report({}, {}, {}, samples)))
    heads = [line for line in lines if " ms " in line and line.startswith("|  ")]
    assert len(heads) == 2
    assert not any("http" in line and "p99" in line for line in heads)
    assert any(line.startswith("| Ray (!)") for line in lines)


def test_how_busy_the_rest_was_stands_above_each_table() -> None:
    samples = [
        Sample("submit", "gofer-api", n, {"submits_per_s": 1.0}, {}, busy)
        for n, busy in enumerate((0.0, 0.01, 0.5))
    ]
    lines = list(results_table(Report({}, {}, {}, samples)))
    assert any("Other processes took 1% meanwhile (median; at most 50%)." in s for s in lines)


@pytest.mark.parametrize("file", sorted(RESULTS.glob("*.json")), ids=lambda file: file.stem)
def test_a_kept_run_has_every_target_measured_and_every_table_explained(file: Path) -> None:
    report = read(file)
    assert [each.what for each in verdicts(report) if each.measured == NOT_MEASURED] == []
    assert [name for name in report.scenarios() if not definition(name)] == []


def test_cpu_is_shown_process_by_process() -> None:
    cpu = {"client": 3.0, "store": 20.5}
    samples = [Sample("throughput", "gofer-local", 1, {"tasks_per_s": 1.0}, cpu)]
    lines = list(hops_table(Report({}, {}, {}, samples)))
    assert "### CPU per task by process, us: throughput" in lines
    assert lines[-2].split("|")[1:-1] == [
        f" {cell} " for cell in ("gofer (local)", "3.0   ", "20.5 ", "23.5  ")
    ]


def test_idle_figures_of_each_process_have_a_row() -> None:
    figures = {"core_percent": 0.3, "memory_mib": 60.0}
    figures |= {"api_core_percent": 0.1, "api_wakes_per_s": 1.0, "api_memory_mib": 54.0}
    samples = [Sample("idle", "gofer-local", 1, figures)]
    rows = [line.split("|")[2:-1] for line in idle_table(Report({}, {}, {}, samples))]
    assert [cell.strip() for cell in rows[-2]] == ["api", "0.1", "1", "54"]


def test_targets_that_were_not_measured_are_only_counted() -> None:
    told = "\n".join(verdict_table([Verdict("a", "b", "1/s", reached=True), missing("c", "d")]))
    assert "| a " in told
    assert "| c " not in told
    assert "Not measured in this run: 1 of 2." in told


def test_tables_are_aligned() -> None:
    lines = list(markdown(["", "tasks/s"], [["a long name", "1"]]))
    assert len({len(line) for line in lines}) == 1


def test_figures_keep_three_digits() -> None:
    assert [number(n) for n in (0, 0.01234, 12.34, 123.4, 12345.6)] == [
        "0",
        "0.0123",
        "12.3",
        "123",
        "12,346",
    ]
