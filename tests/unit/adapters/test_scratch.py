"""Private folders: gone with their owner, at the latest when the next one is made."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

import pytest

from gofer.adapters.scratch import ScratchFolder, sweep


def abandon(folder: ScratchFolder) -> Path:
    """Let go of the lock as a killed process does; return the path."""
    fcntl.flock(descriptor_of(folder), fcntl.LOCK_UN)
    os.close(descriptor_of(folder))
    return folder.path


def descriptor_of(folder: ScratchFolder) -> int:
    """Return the descriptor that holds the lock."""
    place = (folder.path.stat().st_dev, folder.path.stat().st_ino)
    for number in [int(link.name) for link in Path("/dev/fd").iterdir()]:
        with suppress(OSError):
            if (os.fstat(number).st_dev, os.fstat(number).st_ino) == place:
                return number
    raise AssertionError("nothing holds the lock")


def test_a_folder_is_private_and_goes_when_told(tmp_path: Path) -> None:
    folder = ScratchFolder(tmp_path)
    (folder.path / "file").touch()
    assert folder.path.stat().st_mode & 0o777 == 0o700
    folder.remove()
    folder.remove()
    assert list(tmp_path.iterdir()) == []


def test_the_next_one_removes_what_a_dead_owner_left(tmp_path: Path) -> None:
    left = abandon(ScratchFolder(tmp_path))
    (left / "folder").mkdir()
    folder = ScratchFolder(tmp_path)
    assert list(tmp_path.iterdir()) == [folder.path]
    folder.remove()


def test_the_folder_of_a_living_owner_stays(tmp_path: Path) -> None:
    first, second = ScratchFolder(tmp_path), ScratchFolder(tmp_path)
    assert sweep(tmp_path) == 0
    assert sorted(tmp_path.iterdir()) == sorted([first.path, second.path])
    first.remove()
    second.remove()


def test_nothing_without_our_mark_is_touched(tmp_path: Path) -> None:
    (tmp_path / "gofer-notes").mkdir()
    (tmp_path / "gofer-notes" / "text").touch()
    (tmp_path / "gofer-file").touch()
    (tmp_path / "gofer-link").symlink_to(abandon(ScratchFolder(tmp_path)))
    left = {path.name for path in tmp_path.iterdir()}
    assert sweep(tmp_path) == 1
    assert {path.name for path in tmp_path.iterdir()} >= {"gofer-notes", "gofer-file", "gofer-link"}
    assert len(left) == 4
    assert (tmp_path / "gofer-notes" / "text").exists()


def test_sweeping_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    assert sweep(tmp_path / "missing") == 0


def test_a_copy_of_the_object_in_a_forked_process_removes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ScratchFolder(tmp_path)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    folder.remove()
    assert folder.path.is_dir()
    abandon(folder)
