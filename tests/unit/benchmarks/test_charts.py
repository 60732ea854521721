"""Charts: the same bytes for the same figures, and well-formed SVG."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.charts import draw
from benchmarks.results import Report, Sample

SAMPLES = [
    Sample("throughput", "gofer-local", 1, {"tasks_per_s": 24_000}),
    Sample("throughput", "huey", 1, {"tasks_per_s": 3000}),
    Sample("throughput", "huey", 2, {"tasks_per_s": 3500}),
    Sample("latency", "gofer-local", 1, {"median_ms": 2.0}),
    Sample("latency", "huey", 1, {"median_ms": 51.0}),
    Sample("efficiency 10 ms", "huey", 1, {"tasks_per_s": 170.0, "at_once": 2}),
    Sample("efficiency 10 ms, 1 child", "huey", 1, {"tasks_per_s": 90.0, "at_once": 1}),
    Sample("efficiency 10 ms", "dramatiq", 1, {"tasks_per_s": 900.0, "at_once": 16}),
    Sample("efficiency 10 ms, 1 child", "dramatiq", 1, {"tasks_per_s": 500.0, "at_once": 8}),
]
MACHINE = {"taken_at": "2026-11-23T02:19:31+00:00", "commit": "85b8b0bd10be", "cores": 2}
REPORT = Report(MACHINE, {"rounds": 5}, {}, SAMPLES)


@pytest.fixture
def charts(tmp_path: Path) -> dict[str, str]:
    paths = draw(REPORT, tmp_path)
    return {path.stem: path.read_text() for path in paths}


def test_there_is_one_for_throughput_latency_and_scaling(charts: dict[str, str]) -> None:
    assert list(charts) == ["throughput", "latency", "scaling"]


def test_each_is_well_formed_and_the_same_each_time(charts: dict[str, str], tmp_path: Path) -> None:
    for text in charts.values():
        assert ET.fromstring(text).tag.endswith("svg")  # noqa: S314 - our own
    again = draw(REPORT, tmp_path / "again")
    assert {path.stem: path.read_text() for path in again} == charts


def test_the_best_stands_first(charts: dict[str, str]) -> None:
    throughput, latency = charts["throughput"], charts["latency"]
    assert throughput.index("gofer") < throughput.index(">Huey<")
    assert latency.index(">gofer (local)<") < latency.index(">Huey<")


def test_threads_are_no_worker_processes(charts: dict[str, str]) -> None:
    assert "Huey" in charts["scaling"]
    assert "Dramatiq" not in charts["scaling"]


def test_each_says_when_and_on_what_it_was_measured(charts: dict[str, str]) -> None:
    for text in charts.values():
        assert "2026-11-23, revision 85b8b0bd, 2 cores; medians of 5 rounds" in text


def test_each_has_a_ground_of_its_own_in_light_and_in_dark(charts: dict[str, str]) -> None:
    for text in charts.values():
        light, dark = text.split("prefers-color-scheme: dark")
        assert ".ground { fill: #ffffff; }" in light
        assert ".ground { fill: #0d1117; }" in dark
        assert 'class="ground"' in dark


def test_without_figures_there_is_no_chart(tmp_path: Path) -> None:
    assert draw(Report({}, {}, {}), tmp_path) == []
