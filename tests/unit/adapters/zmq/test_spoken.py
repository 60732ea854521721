"""Each peer is answered in the lower of its version and ours."""

import pytest

from gofer.adapters.zmq import spoken
from gofer.adapters.zmq.codec import encode
from gofer.adapters.zmq.spoken import Spoken
from gofer.domain.protocol.versions import Versions
from tests.support.messages import a_hello


@pytest.fixture(autouse=True)
def we_speak_2_and_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spoken, "OURS", Versions(newest=2, oldest=1))


def test_who_has_not_spoken_is_answered_in_our_newest() -> None:
    assert Spoken().of(b"peer") == 2


@pytest.mark.parametrize(("theirs", "answer"), [(1, 1), (2, 2), (3, 2)])
def test_a_peer_is_answered_in_the_lower_of_both(theirs: int, answer: int) -> None:
    versions = Spoken()
    versions.note(b"peer", encode(a_hello("w1", theirs)))
    assert versions.of(b"peer") == answer
    assert versions.of(b"other") == 2


def test_a_peer_that_was_upgraded_is_answered_in_its_new_version() -> None:
    versions = Spoken()
    for theirs in (1, 2):
        versions.note(b"peer", encode(a_hello("w1", theirs)))
    assert versions.of(b"peer") == 2


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spoken, "REMEMBERED", 2)
    versions = Spoken()
    for peer in (b"a", b"b", b"a", b"c"):
        versions.note(peer, encode(a_hello("w1", 1)))
    assert [versions.of(peer) for peer in (b"a", b"b", b"c")] == [1, 2, 1]
