"""A command line, and a service that answers it from a script."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

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


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a file of functions; what loading it adds to the import path is taken away again."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    file = tmp_path / "jobs.py"
    file.write_text(JOBS)
    return file
