"""Who sent rubbish how often."""

from gofer.adapters.zmq.offences import REMEMBERED, STRIKES, Offences


def test_an_address_is_ignored_after_so_many_violations() -> None:
    offences = Offences()
    for _ in range(STRIKES):
        assert not offences.ignores(b"liar")
        offences.note(b"liar")
    assert offences.ignores(b"liar")
    assert not offences.ignores(b"honest")


def test_only_the_latest_offenders_are_remembered() -> None:
    offences = Offences()
    for _ in range(STRIKES):
        offences.note(b"first")
    for number in range(REMEMBERED):
        offences.note(b"%d" % number)
    assert not offences.ignores(b"first")
