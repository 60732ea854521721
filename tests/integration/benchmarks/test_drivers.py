"""Drivers: a system that hangs, dies or cannot do something gets a row that says so."""

from collections.abc import Iterator

import psutil
import pytest

from benchmarks.drivers import Driver, Problem


@pytest.fixture
def pool() -> Iterator[Driver]:
    """The reference that needs no store, with two children."""
    with Driver("pool", None, answer_s=20) as driver:
        driver.ask("start", store="", children=2, folder=str(driver.folder))
        yield driver
    assert not driver.folder.exists()


def test_everything_that_a_system_starts_is_known_and_ended() -> None:
    with Driver("pool", None, answer_s=20) as driver:
        driver.ask("start", store="", children=2, folder=str(driver.folder))
        processes = driver.processes()
        assert len(processes) == 3
    assert not [process for process in processes if process.is_running()]


def test_one_that_does_not_answer_in_time_is_asked_nothing_more(pool: Driver) -> None:
    pool.answer_s = 0.2
    with pytest.raises(Problem, match="naps: no answer within 0 s"):
        pool.ask("naps", count=2, seconds=60)
    with pytest.raises(Problem, match="it did not answer before"):
        pool.ask("throughput", count=1)


def test_one_that_dies_says_its_last_words(pool: Driver) -> None:
    psutil.Process(pool.pid).kill()
    with pytest.raises(Problem, match="its driver ended"):
        pool.ask("throughput", count=1)


def test_what_it_cannot_do_and_what_fails_in_it_is_told(pool: Driver) -> None:
    with pytest.raises(Problem, match="fly: not supported"):
        pool.ask("fly")
    with pytest.raises(Problem, match="naps: ValueError"):
        pool.ask("naps", count=1, seconds=-1)
    assert pool.ask("throughput", count=5)["count"] == 5
