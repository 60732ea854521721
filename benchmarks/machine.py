"""On what a run took place: machine, system, versions, commit."""

import datetime as dt
import os
import platform
import subprocess
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from benchmarks.environments import ROOT, NoEnvironment

GIB = 1024**3


def describe_machine() -> dict[str, Any]:
    """Return what a reader needs to know of the machine; nothing that names it."""
    return {
        "taken_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "commit": _git("rev-parse", "--short=12", "HEAD"),
        "uncommitted_changes": bool(_git("status", "--porcelain")),
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / GIB, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def versions_of(packages: Iterable[str], python: Path | None) -> dict[str, str]:
    """Return the versions of packages in an environment (the project's own by default).

    Raises NoEnvironment if its interpreter does not tell them.
    """
    names = list(packages)
    if python is None:
        return {name: metadata.version(name) for name in names}
    script = "import sys; from importlib.metadata import version\n"
    script += "for name in sys.argv[1:]: print(name, version(name))"
    command = [str(python), "-c", script, *names]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError) as error:
        folder, reason = f"build/bench/{python.parents[1].name}", type(error).__name__
        raise NoEnvironment(f"is broken ({reason}): remove {folder}, and run this again") from None
    return dict(line.split(" ", 1) for line in told.stdout.splitlines())


def _git(*arguments: str) -> str:
    try:
        told = subprocess.run(
            ["git", *arguments],  # noqa: S607 - whichever git there is
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):  # a checkout without git
        return ""
    return told.stdout.strip()


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    found = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(found, platform.processor())
