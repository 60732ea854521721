"""Versions of the protocol: ours, the one before and the one after are understood, no others."""

import pytest

from gofer.domain.protocol.messages import OLDEST_PROTOCOL, PROTOCOL_VERSION
from gofer.domain.protocol.versions import OURS, Versions
from tests.support.simulation.benches import WORKER, DispatcherBench


def test_ours_are_the_newest_and_the_one_before() -> None:
    assert Versions(PROTOCOL_VERSION, OLDEST_PROTOCOL) == OURS
    assert max(1, PROTOCOL_VERSION - 1) == OLDEST_PROTOCOL


@pytest.mark.parametrize(
    ("version", "read", "answer"),
    [(0, False, 3), (2, False, 3), (3, True, 3), (4, True, 4), (5, True, 4), (6, False, 4)],
)
def test_a_version_is_read_from_the_oldest_to_one_beyond_the_newest(
    version: int, answer: int, *, read: bool
) -> None:
    versions = Versions(newest=4, oldest=3)
    assert (version in versions) == read
    assert versions.answer(version) == answer


@pytest.mark.parametrize(("newest", "oldest"), [(1, 1), (2, 1), (5, 4)])
def test_two_neighbours_agree_on_the_lower_of_both(newest: int, oldest: int) -> None:
    ours, following = Versions(newest, oldest), Versions(newest + 1, newest)
    assert following.newest in ours
    assert newest in following
    assert ours.answer(following.newest) == following.answer(ours.newest) == newest


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (2, "speaks protocol 3 to 4 and the worker 2: upgrade gofer where the worker runs"),
        (6, "speaks protocol 3 to 4 and the worker 6: upgrade gofer where the dispatcher runs"),
    ],
)
def test_a_refusal_says_what_to_upgrade(version: int, words: str) -> None:
    assert words in Versions(4, 3).refusal(version)


@pytest.mark.parametrize("version", [1, 2])
def test_our_protocol_version_and_the_next_one_are_welcome(version: int) -> None:
    bench = DispatcherBench()
    bench.hello(protocol=version)
    assert set(bench.core.workers) == {WORKER}
