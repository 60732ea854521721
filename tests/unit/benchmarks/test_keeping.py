"""What is kept where: half a run never replaces what the README shows, and nothing is lost."""

import os
from pathlib import Path
from typing import Any

import pytest

from benchmarks.keeping import name_for, unused, whole, writable
from benchmarks.plan import SCENARIOS
from benchmarks.results import Report
from benchmarks.systems import PEERS
from benchmarks.turnstile import Taken, alone

ALL = {
    "quick": False,
    "rounds": 5,
    "only": list(SCENARIOS),
    "peers": [peer.name for peer in PEERS],
}


def test_a_run_of_everything_is_whole() -> None:
    assert whole(Report({}, dict(ALL), {}))


@pytest.mark.parametrize(
    "said",
    [
        {"quick": True},
        {"rounds": 3},
        {"only": ["latency"]},
        {"peers": ["huey"]},
        {"interrupted": True},
        {"broken_off": "ConnectionError"},
    ],
    ids=str,
)
def test_a_run_that_leaves_something_out_is_not(said: dict[str, Any]) -> None:
    assert not whole(Report({}, ALL | said, {}))


def test_the_file_is_named_by_date_and_commit() -> None:
    machine = {"taken_at": "2026-11-23T02:19:31+00:00", "commit": "85b8b0bd10be"}
    assert name_for(Report(machine, {}, {})) == "2026-11-23-85b8b0bd10be.json"


def test_no_run_that_was_kept_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    names: list[str] = []
    for _ in range(3):
        free = unused(path)
        free.touch()
        names.append(free.name)
    assert names == ["run.json", "run-2.json", "run-3.json"]


def test_a_place_that_cannot_be_written_is_known_before_the_run(tmp_path: Path) -> None:
    assert writable(tmp_path / "new" / "folder" / "run.json")
    assert not writable(tmp_path)
    assert not writable(Path("/proc/none/run.json"))


def test_a_second_run_at_once_is_told_whose_the_first_is(tmp_path: Path) -> None:
    file = tmp_path / "build" / "run.lock"
    told = pytest.raises(Taken, match=rf"process {os.getpid()}\): wait for its end")
    with alone(file), told, alone(file):
        raise AssertionError("two runs at once")
    with alone(file):
        assert file.read_text() == f"{os.getpid()}\n"
