"""The wheel and the sdist hold what the three folders hold, whatever way the checkout came."""

import shutil
from pathlib import Path

import pytest

from tests.support.builds import (
    build_sdist,
    build_wheel,
    names_in_layers,
    names_in_sdist,
    names_in_wheel,
    unpack,
)
from tests.support.checkout import LAYERS, ROOT

OWN = {"__init__.py", "testing.py", "py.typed"}


def expected_in_the_wheel() -> set[str]:
    return {f"gofer/{name}" for name in names_in_layers() | OWN}


def test_the_wheel_holds_every_file_of_the_three_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = build_wheel(ROOT, tmp_path, monkeypatch)
    assert names_in_wheel(wheel) == expected_in_the_wheel()


def test_the_sdist_holds_the_folders_and_the_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = names_in_sdist(build_sdist(ROOT, tmp_path, monkeypatch))
    assert names_in_layers() | {f"src/gofer/{name}" for name in OWN} <= names
    assert {"pyproject.toml", "LICENSE", "tests/conftest.py"} <= names


def test_a_wheel_built_from_the_sdist_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sdist = build_sdist(ROOT, tmp_path / "sdist", monkeypatch)
    unpacked = unpack(sdist, tmp_path / "unpacked")
    wheel = build_wheel(unpacked, tmp_path / "wheel", monkeypatch)
    assert names_in_wheel(wheel) == expected_in_the_wheel()


def test_a_checkout_without_links_builds_the_same_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it comes out of a zip file that was downloaded, or on a system that has no links."""
    checkout = tmp_path / "checkout"
    no_caches = shutil.ignore_patterns("__pycache__")
    for layer in LAYERS:
        shutil.copytree(ROOT / layer, checkout / layer, ignore=no_caches)
    (checkout / "src" / "gofer").mkdir(parents=True)
    for name in OWN:
        shutil.copy(ROOT / "src" / "gofer" / name, checkout / "src" / "gofer" / name)
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, checkout / path.name)
    wheel = build_wheel(checkout, tmp_path / "wheel", monkeypatch)
    assert names_in_wheel(wheel) == expected_in_the_wheel()
