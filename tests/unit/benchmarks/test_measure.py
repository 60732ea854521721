"""What is done with raw figures, and what a driver is asked."""

from typing import Any

import pytest

from benchmarks.measure import per_task_us, percentile_99
from benchmarks.peers.driving import operations, round_trips
from benchmarks.plan import FULL, QUICK, sizes
from benchmarks.processes import Usage


class Instant:
    """A peer that does everything at once, and may lie."""

    slots = 2

    def __init__(self, lie: Any = None) -> None:
        self._lie = lie

    def start(self, store: str, children: int, folder: str) -> None:
        pass

    def submit(self, name: str, arguments: Any) -> Any:
        return [None if name == "noop" else argument for argument in arguments]

    def fetch(self, handles: Any) -> Any:
        return handles if self._lie is None else [self._lie for _ in handles]

    def stop(self) -> None:
        pass


def test_results_that_are_wrong_are_no_results() -> None:
    assert operations(Instant())["throughput"](count=3)["count"] == 3
    with pytest.raises(ValueError, match="0 of 3 results are right"):
        operations(Instant(lie="another"))["throughput"](count=3)


def test_round_trips_end_when_time_is_up_but_not_before_ten() -> None:
    assert len(round_trips(lambda: None, 300, seconds=60)) == 300
    assert len(round_trips(lambda: None, 300, seconds=-1)) == 10


def test_cpu_is_per_task_and_by_process() -> None:
    assert per_task_us({"api": 0.5, "keeper": 0.0}, 10_000) == {"api": 50.0}


def test_the_99th_percentile_of_few_values_is_the_largest() -> None:
    assert percentile_99([5.0]) == 5.0
    assert percentile_99([1.0, 2.0, 3.0]) == 3.0


def test_the_rest_of_the_machine_is_what_is_not_ours() -> None:
    before = Usage(0.0, {7: 1.0}, {(7, 7): 10}, {7: "api"}, 100.0)
    after = Usage(2.0, {7: 2.0}, {(7, 7): 14}, {7: "api"}, 102.0)
    assert after.cpu_since(before) == {"api": 1.0}
    assert after.wakes_since(before) == {"api": 2.0}
    assert 0 < after.others_busy(before) <= 0.5


def test_rounds_can_be_chosen() -> None:
    assert sizes(quick=False, rounds=None) is FULL
    assert sizes(quick=True, rounds=None) is QUICK
    chosen = sizes(quick=False, rounds=1)
    assert (chosen.rounds, chosen.long_rounds, chosen.cold_starts) == (1, 1, 1)
