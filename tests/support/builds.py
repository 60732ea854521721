"""Builds wheels and sdists without a network, with the hatchling of this environment."""

import tarfile
import zipfile
from pathlib import Path

import pytest
from hatchling import build as hatchling_build

from tests.support.checkout import LAYERS, ROOT, files


def build_wheel(checkout: Path, into: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Build the wheel of a checkout, or of an unpacked sdist, and return its path."""
    monkeypatch.chdir(checkout)  # a build backend works on the current folder
    into.mkdir(exist_ok=True)
    return into / hatchling_build.build_wheel(str(into))


def build_sdist(checkout: Path, into: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Build the source distribution of a checkout and return its path."""
    monkeypatch.chdir(checkout)
    into.mkdir(exist_ok=True)
    return into / hatchling_build.build_sdist(str(into))


def names_in_wheel(wheel: Path) -> set[str]:
    """Return the files of the package in a wheel, without its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def names_in_sdist(sdist: Path) -> set[str]:
    """Return the files of an sdist, without its first folder, which carries the version."""
    with tarfile.open(sdist) as archive:
        return {member.name.partition("/")[2] for member in archive if member.isfile()}


def unpack(sdist: Path, into: Path) -> Path:
    """Unpack an sdist and return its folder."""
    with tarfile.open(sdist) as archive:
        # the filter's argument is younger than 3.11.0, its attribute is ignored there
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(into)  # noqa: S202 - our own archive
    (folder,) = into.iterdir()
    return folder


def names_in_layers() -> set[str]:
    """Return what the three folders of the checkout hold, as ``folder/file``."""
    return {path.relative_to(ROOT).as_posix() for path in files(*LAYERS)}
