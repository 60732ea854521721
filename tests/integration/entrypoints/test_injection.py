"""A process loads what it uses: no web framework in a dispatcher or a worker."""

import subprocess
import sys

import pytest

FRAMEWORKS = ("fastapi", "starlette")


@pytest.mark.parametrize("module", ["container", "parts"])
def test_what_dispatchers_and_workers_are_made_of_loads_no_web_framework(module: str) -> None:
    script = (
        f"import sys, gofer.entrypoints.{module}\n"
        f"print([name for name in {FRAMEWORKS} if name in sys.modules])\n"
        "import fastapi, starlette.requests\n"
        "print(fastapi.FastAPI().title)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:2] == ["[]", "FastAPI"]


def test_a_framework_that_is_loaded_already_stays_as_it_is() -> None:
    script = (
        "import fastapi, sys\n"
        "before = fastapi\n"
        "import gofer.entrypoints.container\n"
        "print(sys.modules['fastapi'] is before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "True"
