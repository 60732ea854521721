"""A port that other machines can reach is said aloud."""

import logging

import pytest

from gofer.entrypoints.exposure import is_loopback, warn_if_open


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_the_loopback_is_not_open(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "*", "10.0.0.7", "gofer.example"])  # noqa: S104
def test_everything_else_is_open_and_said_aloud(
    host: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("gofer"), "propagate", True)
    warn_if_open("the dispatcher", host)
    assert host in caplog.text
    assert "without authentication" in caplog.text


def test_the_loopback_gives_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    warn_if_open("the dispatcher", "127.0.0.1")
    assert caplog.text == ""
