"""How the tests are shared among processes: file by file, the longest first.

A file stays together, so that what serves all of its tests is started once. Where nothing does and
the tests are long, each goes where there is room: one process would be left alone with the file.
"""

from importlib import import_module
from typing import Any

import pytest

CHAOS = "tests/e2e/test_chaos.py"
"""The longest of all; one system of it at a time, because its clocks are short."""

LONGEST = (
    CHAOS,
    "tests/integration/redis/test_differential.py",
    "tests/e2e/test_crash_points.py",
    "tests/e2e/test_crashes.py",
    "tests/unit/adapters/redis/test_differential.py",
    "tests/e2e/test_benchmarks.py",
    "tests/e2e/test_frozen.py",
    "tests/e2e/test_demo.py",
)
"""Files whose tests share no fixture of a module: each of them, but for chaos, may run anywhere."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Any:
    """Take the place of xdist's own ``--dist=loadfile``: the scope of a long test is itself."""
    if config.getoption("dist") != "loadfile":
        return None
    scheduler: Any = import_module("xdist.scheduler").LoadFileScheduling(config, log)
    scheduler._split_scope = _scope
    return scheduler


def _scope(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    return nodeid if file in LONGEST and file != CHAOS else file


@pytest.hookimpl(trylast=True)  # after the shuffling
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put what takes longest first, lest one process is left with it when the others have ended."""
    if hasattr(config, "workerinput"):
        items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[int, bool, bool]:
    file = item.nodeid.partition("::")[0]
    rank = LONGEST.index(file) if file in LONGEST else len(LONGEST)
    return rank, "/e2e/" not in file, "/integration/" not in file
