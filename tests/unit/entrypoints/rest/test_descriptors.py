"""How many files the web service may open: as many as its connections need, if it may."""

import logging
import resource
from collections.abc import Iterator

import pytest

from gofer.entrypoints.rest.descriptors import BESIDE, make_room


@pytest.fixture
def limits() -> Iterator[tuple[int, int]]:
    """The limits of this process, which are put back."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1024), hard))
    yield resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_soft_limit_is_raised_to_what_connections_need(limits: tuple[int, int]) -> None:
    assert make_room(1_500) == 1_500 + BESIDE
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (1_500 + BESIDE, limits[1])


def test_a_limit_that_is_high_enough_stays(limits: tuple[int, int]) -> None:
    assert make_room(1) == limits[0]
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == limits


def test_a_hard_limit_that_is_too_low_is_said_aloud(
    limits: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "gofer.rest"):
        assert make_room(limits[1]) == limits[1]
    assert "ulimit -Hn" in caplog.text
