"""Figures that a test has measured, printed at the end of the run whether it passed or not.

A test that takes the fixture ``figures`` calls it with text. It reaches the terminal from any
process that tests run in.
"""

from collections.abc import Callable

import pytest

FIGURES = "figures"


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Keep text to be printed at the end."""
    return lambda text: record_property(FIGURES, text)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    texts = [
        str(value)
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, value in report.user_properties
        if name == FIGURES
    ]
    if texts:
        terminalreporter.section("figures")
    for text in texts:
        terminalreporter.write_line(text)
