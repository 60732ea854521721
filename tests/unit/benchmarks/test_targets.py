"""The verdicts: each target of the issue, decided by the figures of one run."""

import pytest

from benchmarks.results import Report, Sample
from benchmarks.targets import verdicts
from benchmarks.verdicts import Verdict


def report_of(*figures: tuple[str, str, dict[str, float]]) -> Report:
    samples = [Sample(scenario, system, 1, found) for scenario, system, found in figures]
    return Report({}, {}, {}, samples)


def verdict(report: Report, what: str) -> Verdict:
    return next(each for each in verdicts(report) if each.what == what)


def test_nothing_is_reached_where_nothing_was_measured() -> None:
    found = verdicts(report_of())
    assert {each.reached for each in found} == {None}
    assert {each.measured for each in found} == {"not measured"}


@pytest.mark.parametrize(("rate", "reached"), [(7000.0, True), (6999.0, False)])
def test_bulk_throughput_is_held_against_the_best_durable_peer(rate: float, reached: bool) -> None:  # noqa: FBT001 - a case
    report = report_of(
        ("throughput", "gofer-local", {"tasks_per_s": rate, "cpu_us_per_task": 1}),
        ("throughput", "huey", {"tasks_per_s": 1000}),
        ("throughput", "celery", {"tasks_per_s": 500}),
        ("throughput", "ray", {"tasks_per_s": 5000}),  # keeps nothing
    )
    assert verdict(report, "no-ops in bulk, end to end").reached is reached


def test_polls_count_for_nothing_against_the_bare_endpoint() -> None:
    report = report_of(
        ("posts", "gofer-local", {"useful_per_s": 690, "requests_per_s": 5000, "tasks_per_s": 345}),
        ("posts", "fastapi", {"requests_per_s": 1000}),
    )
    assert verdict(report, "one POST a task, 16 connections").reached is False


def test_quick_looks_at_results_hide_no_slow_posts() -> None:
    for of_posts, reached in ((19.0, True), (21.0, False)):
        report = report_of(("posts", "gofer-local", {"p99_ms": 4.0, "post_p99_ms": of_posts}))
        assert verdict(report, "its requests' p99").reached is reached


def test_bulk_submit_is_scaled_by_the_speed_of_huey_on_this_machine() -> None:
    submit = ("submit", "gofer-api", {"submits_per_s": 45_000.0})
    what = "bulk submit, no worker running"
    assert verdict(report_of(submit), what).reached is False
    huey = ("throughput", "huey", {"tasks_per_s": 3383.0 / 2})
    assert verdict(report_of(submit, huey), what).reached is True


def test_cpu_is_held_as_it_is_and_shown_beside_what_it_would_be_on_this_machine() -> None:
    bulk = ("throughput", "gofer-local", {"tasks_per_s": 12_000.0, "cpu_us_per_task": 136.0})
    huey = ("throughput", "huey", {"tasks_per_s": 3383.0 / 2})
    what = "CPU per task, all processes"
    alone, beside = verdict(report_of(bulk), what), verdict(report_of(bulk, huey), what)
    assert (alone.reached, beside.reached) == (False, False)
    assert "scaled" not in alone.measured
    assert beside.measured.endswith("70 scaled by this machine's Huey: 140")


def test_latency_is_held_against_the_sum_of_its_bare_round_trips() -> None:
    bare = {"http_median_ms": 0.3, "zmq_median_ms": 0.2, "redis_median_ms": 0.05}
    what = "the same against the floor"
    for ours, reached in ((2.4, True), (2.6, False)):
        report = report_of(
            ("latency", "gofer-local", {"median_ms": ours}), ("latency", "floor", bare)
        )
        assert verdict(report, what).reached is reached


def test_a_cost_that_grows_with_the_backlog_is_seen() -> None:
    flat = {"submit_us": 10.0, "claim_us": 10.0, "complete_us": 10.0, "bytes_per_task": 300.0}
    report = report_of(
        ("backlog 1000", "gofer-store", flat),
        ("backlog 1000000", "gofer-store", flat | {"claim_us": 11.6, "submit_us": 11.4}),
    )
    assert verdict(report, "claim with tasks queued").reached is False
    assert verdict(report, "submit with tasks queued").reached is True


def test_decisions_may_grow_with_the_logarithm_of_the_workers() -> None:
    for slower, reached in ((3.9, True), (4.1, False)):
        report = report_of(
            ("scheduling 10", "gofer-core", {"decisions_per_s": 800_000.0}),
            ("scheduling 10000", "gofer-core", {"decisions_per_s": 800_000.0 / slower}),
        )
        assert verdict(report, "their cost").reached is reached


def test_all_modes_must_be_within_a_quarter_of_the_best() -> None:
    rates = {"gofer-local": 100.0, "gofer-push": 80.0, "gofer-pull": 74.0}
    report = report_of(
        *(("throughput", mode, {"tasks_per_s": rate}) for mode, rate in rates.items())
    )
    assert verdict(report, "local, push and pull").reached is False


@pytest.mark.parametrize(("rate", "reached"), [(1.0, True), (3.0, None), (10.0, False)])
def test_wake_ups_are_judged_where_their_count_tells(rate: float, reached: bool | None) -> None:  # noqa: FBT001 - a case
    idle = {"core_percent": 0.1, "store_wakes_per_s": 10.0, "api_wakes_per_s": rate}
    found = verdict(
        report_of(("idle", "gofer-local", idle)),
        "wake-ups while idle, of any thread but the store's",
    )
    assert found.reached is reached
