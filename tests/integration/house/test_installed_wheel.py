"""A wheel that was installed into a fresh environment works without this checkout."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.support.builds import build_wheel
from tests.support.checkout import ROOT

IMPORT_ALL = """
import importlib, pkgutil, gofer
for module in pkgutil.walk_packages(gofer.__path__, "gofer."):
    importlib.import_module(module.name)
print(gofer.__file__)
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The programs' folder of an environment that holds gofer's wheel and sees our dependencies."""
    wheel = build_wheel(ROOT, tmp_path / "wheel", monkeypatch)
    home = tmp_path / "environment"
    venv.create(home, with_pip=False, symlinks=True)
    programs = home / "bin"
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "install", "--quiet"]
    subprocess.run([*pip, "--no-index", "--no-deps", str(wheel)], check=True, cwd=tmp_path)
    # path files in a folder that a path file adds are not read: our editable gofer stays out
    packages = sysconfig.get_path("purelib", vars={"base": str(home)})
    (Path(packages) / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return programs


def test_every_module_of_an_installed_wheel_imports(installed: Path, tmp_path: Path) -> None:
    python = installed / "python"
    answer = subprocess.check_output(
        [python, "-W", "error", "-c", IMPORT_ALL], text=True, cwd=tmp_path
    )
    assert answer.strip().startswith(str(tmp_path))


def test_the_command_of_an_installed_wheel_answers(installed: Path, tmp_path: Path) -> None:
    answer = subprocess.check_output([installed / "gofer", "--help"], text=True, cwd=tmp_path)
    assert "demo" in answer
