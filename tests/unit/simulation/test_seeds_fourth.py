"""The fourth quarter of the seeds; ``tests/support/simulation/suite.py`` says why."""

import pytest

from tests.support.simulation.suite import check_seeds, chunks, name_of


@pytest.mark.timeout(300)
@pytest.mark.parametrize("chunk", chunks(3), ids=name_of)
def test_any_seed_keeps_every_promise(chunk: range) -> None:
    assert check_seeds(chunk) > len(chunk)
