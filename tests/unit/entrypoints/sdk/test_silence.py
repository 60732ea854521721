"""A service that does not answer: when that is told, and when it is given up."""

import pytest

from gofer.entrypoints.sdk.silence import Silence

URL = "http://127.0.0.1:1"
REFUSED = ConnectionRefusedError("refused")


def test_silence_is_told_once_after_five_seconds(caplog: pytest.LogCaptureFixture) -> None:
    silence = Silence(URL)
    for now in (100.0, 104.9):
        silence.broken(REFUSED, now)
    assert caplog.messages == []
    for now in (105.0, 107.0):
        silence.broken(REFUSED, now)
    (told,) = caplog.messages
    assert URL in told


def test_an_answer_ends_the_silence_and_the_next_one_is_told_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    silence = Silence(URL)
    for now in (0.0, 6.0):
        silence.broken(REFUSED, now)
    silence.answered()
    silence.broken(REFUSED, 7.0)
    assert len(caplog.messages) == 1
    silence.broken(REFUSED, 12.0)
    assert len(caplog.messages) == 2


def test_the_very_first_connection_is_given_up_after_ten_seconds() -> None:
    silence = Silence(URL)
    assert [silence.broken(REFUSED, now) for now in (0.0, 9.9, 10.0, 11.0)] == [
        False,
        False,
        True,
        True,
    ]


def test_a_service_that_was_there_is_waited_for() -> None:
    silence = Silence(URL)
    silence.answered()
    assert not any(silence.broken(REFUSED, now) for now in (0.0, 10.0, 200.0))


def test_one_that_is_slow_is_waited_for() -> None:
    silence = Silence(URL)
    assert not any(silence.broken(TimeoutError(), now) for now in (0.0, 60.0))
