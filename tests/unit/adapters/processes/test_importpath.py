"""The children's sys.path, from its four sources."""

from pathlib import Path

import pytest

from gofer.adapters.processes import importpath
from gofer.adapters.processes.importpath import child_path


def test_the_operator_s_folders_come_first_then_pythonpath_then_the_rest() -> None:
    path = child_path(
        extra=("/extra",), environment="/env:/env2", inherited=["/lib", "/site"], unwanted=[]
    )
    assert path == ["/extra", "/env", "/env2", "/lib", "/site"]


def test_relative_and_unwanted_folders_are_not_inherited() -> None:
    path = child_path(
        extra=(), environment="", inherited=["", ".", "src", "/work", "/lib"], unwanted=["/work"]
    )
    assert path == ["/lib"]


def test_a_folder_is_unwanted_by_whatever_name(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    path = child_path(
        extra=(),
        environment="",
        inherited=[str(tmp_path / "link"), "/lib"],
        unwanted=[str(tmp_path / "real")],
    )
    assert path == ["/lib"]


def test_what_the_operator_names_stays_and_becomes_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = child_path(
        extra=(".",), environment="lib:", inherited=["/lib"], unwanted=[str(tmp_path)]
    )
    assert path == [str(tmp_path), str(tmp_path / "lib"), "/lib"]


def test_nothing_is_named_twice() -> None:
    path = child_path(extra=("/a", "/a"), environment="/a", inherited=["/a", "/b"], unwanted=[])
    assert path == ["/a", "/b"]


def test_this_process_s_folder_and_checkout_are_unwanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = Path(__file__).parents[4]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [str(tmp_path), str(checkout), "/lib"])
    monkeypatch.setenv("PYTHONPATH", "/env")
    assert importpath.of_this_process(("/extra",)) == ["/extra", "/env", "/lib"]
