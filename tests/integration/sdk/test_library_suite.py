"""The standard library's own tests of executors, unchanged, with gofer's executor.

Where this interpreter has none, none is run: see ``tests/support/library_suite.py``. What
they ask is asked in ``test_executor.py`` and ``test_executor_shutdown.py`` too, which always run.
"""

import unittest
from collections.abc import Iterator

import pytest

import gofer.testing
from gofer.entrypoints.sdk import engine
from gofer.testing import RunningSystem
from tests.support import library_suite
from tests.support.library_suite import LibraryExecutor


@pytest.fixture
def fresh() -> Iterator[RunningSystem]:
    """A gofer for each test, as each of the library's has a pool of its own.

    Workers that have just run brief tasks take many at once, which then count as begun.
    """
    with gofer.testing.running(slots=4) as opened:
        yield opened


@pytest.mark.parametrize("test", library_suite.applying())
def test_the_library_s_own_test_passes(
    test: str, fresh: RunningSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LibraryExecutor, "url", fresh.url)
    monkeypatch.setattr(engine, "BEGIN_S", 20.0)  # the library's pools have their workers at hand
    case, module = library_suite.case_of(test)
    run = getattr(module, "assert_python_ok", None)
    if run is not None:
        ours = library_suite.in_fresh_python(run, fresh.url)
        monkeypatch.setattr(module, "assert_python_ok", ours)
    found = unittest.TestResult()
    case.run(found)
    assert [text for _, text in [*found.errors, *found.failures]] == []


def test_every_class_of_the_library_s_tests_was_looked_at() -> None:
    known = {*library_suite.APPLY, *library_suite.OTHER_CLASSES}
    assert set(library_suite.classes()) - known == set()
