"""Results: medians over rounds, and a file that can be read again."""

from pathlib import Path

import pytest

from benchmarks.results import Report, Sample, Spread, read, spread
from benchmarks.tables import markdown, number, results_table


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
