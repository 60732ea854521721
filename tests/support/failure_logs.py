"""Shows, under a failed test, the logs of what the test had started.

Whatever starts a process for a test calls ``show_when_failed``. The outcome of the test's body is
kept too: leak checks say nothing about a test that has failed already.
"""

from collections.abc import Callable, Generator

import pytest

TAIL_LINES = 80

_logs = pytest.StashKey[list[tuple[str, Callable[[], str]]]]()
_failed = pytest.StashKey[bool]()


def show_when_failed(node: pytest.Item, title: str, read: Callable[[], str]) -> None:
    """Have the last lines of ``read()`` printed under ``title`` if the test of ``node`` fails."""
    node.stash.setdefault(_logs, []).append((title, read))


def has_failed(node: pytest.Item) -> bool:
    """Tell whether the set-up or the body of this test has failed."""
    return node.stash.get(_failed, False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[_failed] = True
        for title, read in item.stash.setdefault(_logs, []):
            lines = read().splitlines()
            report.sections.append((title, "\n".join(lines[-TAIL_LINES:]) or "(empty)"))
    return report
