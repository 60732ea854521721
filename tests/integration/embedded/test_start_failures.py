"""Why the bundled server did not start, in words, and with nothing left behind."""

import tempfile
from pathlib import Path

import pytest

from gofer.adapters.embedded import EmbeddedServer
from gofer.adapters.embedded import server as module
from gofer.domain.errors import StoreUnavailable


def test_a_system_without_a_binary_is_told_what_to_use_instead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PACKAGE", "no-such-package-at-all")
    with pytest.raises(StoreUnavailable, match="--store redis://HOST:PORT/0"):
        EmbeddedServer().start()


def test_a_package_without_a_binary_for_the_system_is_no_better(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PACKAGE", "pytest")
    with pytest.raises(StoreUnavailable, match="brings no server"):
        EmbeddedServer().start()


def test_a_server_that_ends_at_once_shows_its_last_words(tmp_path: Path) -> None:
    binary = tmp_path / "broken"
    binary.write_text("#!/bin/sh\necho the reason\nexit 3\n", encoding="utf-8")
    binary.chmod(0o700)
    with pytest.raises(StoreUnavailable, match="ended at once with code 3: the reason"):
        EmbeddedServer(binary=binary).start()


def test_a_server_that_dies_of_a_signal_at_once_says_so(tmp_path: Path) -> None:
    binary = tmp_path / "broken"
    binary.write_text("#!/bin/sh\nkill -9 $$\n", encoding="utf-8")
    binary.chmod(0o700)
    with pytest.raises(StoreUnavailable, match="ended at once with code 137: it logged nothing"):
        EmbeddedServer(binary=binary).start()


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    binary = tmp_path / "mute"
    binary.write_text("#!/bin/sh\nexec sleep 600\n", encoding="utf-8")
    binary.chmod(0o700)
    with pytest.raises(StoreUnavailable, match=r"did not answer within 0\.2 s"):
        EmbeddedServer(binary=binary, start_timeout_s=0.2).start()


def test_data_that_cannot_be_read_back_is_reported_with_the_server_s_words(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path):
        (log,) = (tmp_path / "appendonlydir").glob("*.incr.aof")
    log.write_bytes(b"rubbish" * 100)
    with pytest.raises(StoreUnavailable, match="Bad file format reading the append only file"):
        EmbeddedServer(tmp_path).start()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match=r"cannot use the directory .*/file/below"):
        EmbeddedServer(tmp_path / "file" / "below").start()


def test_a_directory_in_which_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "gofer.lock").mkdir()
    with pytest.raises(StoreUnavailable, match=f"cannot write in {tmp_path}"):
        EmbeddedServer(tmp_path).start()


def test_a_temporary_folder_with_too_long_a_path_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ("long" * 20)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with pytest.raises(StoreUnavailable, match="set TMPDIR to a shorter one"):
        EmbeddedServer().start()
    assert list(folder.iterdir()) == []
