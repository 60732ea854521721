"""The peers' own environments, from locked requirements: never part of the project's."""

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "build" / "bench"
REQUIREMENTS = Path(__file__).parent / "requirements"
INSTALL_S = 900


class NoEnvironment(Exception):
    """A peer cannot be measured here; the message says why."""


def python_of(name: str, *, install: bool) -> Path:
    """Return the interpreter of a peer's environment, made first if ``install``.

    Raises NoEnvironment.
    """
    requirements = REQUIREMENTS / f"{name}.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    folder = HOME / name
    stamp = folder / "requirements.sha256"
    python = folder / "bin" / "python"
    if python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
        return python
    if not install:
        raise NoEnvironment("not installed; a full run installs it")
    stamp.unlink(missing_ok=True)
    print(f"installing {name} into {folder.relative_to(ROOT)}", file=sys.stderr, flush=True)  # noqa: T201 - a command line's output
    _install(folder, python, requirements)
    stamp.write_text(digest, encoding="utf-8")
    return python


def _install(folder: Path, python: Path, requirements: Path) -> None:
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        venv.create(folder, clear=True, symlinks=True, with_pip=True)
        subprocess.run(
            [*pip, "--require-hashes", "-r", str(requirements)],
            check=True,
            capture_output=True,
            text=True,
            timeout=INSTALL_S,
        )
    except subprocess.CalledProcessError as error:
        told = [line for line in str(error.stderr or "").splitlines() if line.startswith("ERROR")]
        reason = told[-1] if told else str(error)
        own, wanted = python.relative_to(ROOT), requirements.relative_to(ROOT)
        raise NoEnvironment(
            f"cannot be installed: {reason} (to see it all: {own} -m pip install -r {wanted})"
        ) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoEnvironment(f"cannot be installed: {error}") from None
