"""Counters in memory."""

from gofer.adapters.telemetry import CountingTelemetry
from gofer.domain.ports import Point


def test_counters_add_up_by_name() -> None:
    telemetry = CountingTelemetry()
    counters = telemetry.counters
    telemetry.count("tasks")
    telemetry.count("tasks", 4)
    telemetry.count("workers")
    assert counters == {"tasks": 5, "workers": 1}


def test_an_unknown_counter_stands_at_0() -> None:
    assert CountingTelemetry().counters["nothing"] == 0


def test_a_point_does_nothing() -> None:
    telemetry = CountingTelemetry()
    telemetry.point(Point.CLAIMED)
    assert telemetry.counters == {}
