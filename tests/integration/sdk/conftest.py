"""What the tests of the client and of the executor share: a whole gofer, and executors on it."""

from collections.abc import Iterator

import pytest

import gofer.testing
from gofer import Executor
from gofer.testing import RunningSystem, held


@pytest.fixture(scope="module")
def system() -> Iterator[RunningSystem]:
    """A gofer that runs functions; one for all tests of a module."""
    with gofer.testing.running(slots=4) as opened:
        yield opened


@pytest.fixture
def pool(system: RunningSystem) -> Iterator[Executor]:
    """An executor on ``system``."""
    with Executor(system.url) as opened:
        yield opened


@pytest.fixture
def holding() -> Iterator[RunningSystem]:
    """A gofer whose tasks end as the test says, and when it says so."""
    with gofer.testing.running(run=held, slots=4) as opened:
        yield opened
