"""A command line, and a service that answers it from a script."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gofer.testing import RunningSystem, running
from tests.integration.cli.terminal import Gofer
from tests.support.scripted_service import ScriptedService, scripted_service

JOBS = """
from dataclasses import dataclass

RATE = 1.5


@dataclass
class Point:
    x: int


def with_tax(price, digits=2):
    return round(price * RATE, digits)


def generator_holder(items=(n for n in [])):
    return items


if __name__ == "__main__":
    raise SystemExit("a file that is loaded must not run")
"""


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    with scripted_service() as opened:
        yield opened


@pytest.fixture
def gofer(service: ScriptedService, monkeypatch: pytest.MonkeyPatch) -> Gofer:
    monkeypatch.setenv("GOFER_URL", service.url)
    monkeypatch.delenv("GOFER_TOKEN", raising=False)
    return Gofer()


@pytest.fixture(scope="module")
def system() -> Iterator[RunningSystem]:
    """A system that runs, for the tests of a module."""
    with running() as opened:
        yield opened


@pytest.fixture
def run(system: RunningSystem, monkeypatch: pytest.MonkeyPatch) -> Gofer:
    """The command line, told of that system."""
    monkeypatch.setenv("GOFER_URL", system.url)
    return Gofer()


@pytest.fixture(autouse=True)
def _import_path(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """Take away again what loading functions adds to the import path."""
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    """Give a file of functions."""
    file = tmp_path / "jobs.py"
    file.write_text(JOBS)
    return file
