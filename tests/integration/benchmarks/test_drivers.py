"""Drivers: a system that hangs, dies or cannot do something gets a row that says so."""

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks.drivers import Driver, Problem
from benchmarks.environments import NoEnvironment
from benchmarks.machine import versions_of
from benchmarks.processes import MARK_VARIABLE, kill_marked, label, marked, new_mark
from tests.support.processes import ProcessRunner
from tests.support.waiting import wait_until


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


def test_a_process_that_hides_its_environment_is_known_by_its_parent(
    processes: ProcessRunner,
) -> None:
    mark = new_mark()
    hidden = "import subprocess; subprocess.run(['env', '-i', 'sleep', '60'])"
    command = (sys.executable, "-c", hidden)
    started = processes.start(command, name="hiding", env={MARK_VARIABLE: mark})
    wait_until(lambda: len(started.descendants()) == 1, "it has a child")
    assert {each.pid for each in marked(mark)} == {
        started.pid,
        *(child.pid for child in started.descendants()),
    }
    assert kill_marked(mark) == 2


def test_the_store_of_gofer_up_is_one_of_its_processes() -> None:
    with Driver("gofer", None, answer_s=40) as driver:
        folder = str(driver.folder)
        driver.ask("start", store=f"embedded://{folder}/data", children=1, folder=folder)
        parts = {label(each, driver.pid) for each in driver.processes()}
    assert {"client", "up", "store", "api", "dispatcher", "child"} <= parts


def test_a_broken_environment_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoEnvironment, match=r"is broken .*: remove .*, and run this again"):
        versions_of(["huey"], tmp_path / "bin" / "python")


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
