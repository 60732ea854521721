"""Limits: refused where no task could run."""

import pytest

from gofer.adapters.processes.limits import ProcessLimits


@pytest.mark.parametrize(
    "name",
    ["memory_bytes", "open_files", "processes", "recycle_after", "recycle_rss_kb", "result_bytes"],
)
def test_a_limit_below_one_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        ProcessLimits(**{name: 0})


def test_without_a_limit_no_child_is_used_up() -> None:
    assert not ProcessLimits().used_up(10**9, 10**9)


def test_a_child_is_used_up_by_tasks_or_by_memory() -> None:
    limits = ProcessLimits(recycle_after=10, recycle_rss_kb=100)
    cases = [(9, 100), (10, 0), (0, 101)]
    assert [limits.used_up(*case) for case in cases] == [False, True, True]
