"""The command line as a shell sees it: it starts quickly, completes, and says what it is."""

import fcntl
import os
import struct
import subprocess
import sys
import termios
from contextlib import suppress

import pytest

from tests.integration.cli.answers import TASK
from tests.integration.cli.terminal import Gofer
from tests.support.processes import ProcessRunner
from tests.support.scripted_service import ScriptedService

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


def on_a_terminal(*words: str, **environment: str) -> str:
    """Return what a command writes to a terminal of 60 columns."""
    master, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    command = [sys.executable, "-m", "gofer.entrypoints.cli", *words]
    ours = os.environ | {"TERM": "xterm", "PYTHONUNBUFFERED": "1"} | environment
    ours.pop("COLUMNS", None)
    subprocess.run(command, stdout=terminal, env=ours, cwd="/", timeout=30, check=True)
    os.close(terminal)
    text = b""
    with suppress(OSError):  # how Linux says that nobody holds the other end
        while chunk := os.read(master, 4096):
            text += chunk
    os.close(master)
    return text.decode()


def test_a_terminal_gets_colours_and_lines_that_fit(gofer: Gofer, service: ScriptedService) -> None:
    long = TASK | {"status": "FAILED", "reason": "because " * 20}
    service.answers["GET /v1/tasks"] = {"items": [long], "next_cursor": None}
    shown = on_a_terminal("task", "ls")
    assert "\x1b[31mFAILED" in shown
    plain = on_a_terminal("task", "ls", NO_COLOR="1")
    assert "\x1b" not in plain
    assert max(map(len, plain.splitlines())) <= 60
    assert "because because" in gofer("task", "ls").out


def test_it_says_its_version(gofer: Gofer) -> None:
    assert gofer("--version", "--json").json == {"version": gofer("--version").out.split()[1]}
