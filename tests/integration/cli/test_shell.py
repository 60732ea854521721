"""The command line as a shell sees it: it starts quickly, completes, and says what it is."""

import subprocess
import sys

import pytest

from tests.integration.cli.terminal import Gofer
from tests.support.processes import ProcessRunner

HEAVY = {"dill", "fastapi", "msgspec", "pydantic_settings", "redis", "rich", "uvicorn", "zmq"}
"""Not pydantic: typer reads arguments with it."""

SHOWS_WHAT_IS_LOADED = """
import sys
from gofer.entrypoints.cli import app
try:
    app(["task", "--help"])
finally:
    print("loaded:", *sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_help_loads_nothing_that_a_command_alone_needs() -> None:
    command = [sys.executable, "-P", "-c", SHOWS_WHAT_IS_LOADED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    loaded = done.stdout.rpartition("loaded:")[2].split()
    assert "typer" in loaded
    assert HEAVY & {*loaded} == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_that_asks_gofer(gofer: Gofer, shell: str) -> None:
    script = gofer("completion", shell).out
    assert f"_GOFER_COMPLETE=complete_{shell}" in script
    assert gofer("completion", shell, "--json").json == {"shell": shell, "script": script[:-1]}


def test_a_shell_is_told_what_may_follow(processes: ProcessRunner) -> None:
    asked = {"_GOFER_COMPLETE": "complete_bash", "COMP_WORDS": "gofer task ex", "COMP_CWORD": "2"}
    told = processes.start_module("gofer.entrypoints.cli", env=asked)
    assert told.wait() == 0
    assert told.log().split() == ["explain"]


def test_it_says_its_version(gofer: Gofer) -> None:
    assert gofer("--version", "--json").json == {"version": gofer("--version").out.split()[1]}
