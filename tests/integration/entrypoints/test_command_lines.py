"""What the command lines say to a person: how to begin, and what is wrong."""

import sys

import pytest
from typer.testing import CliRunner

from gofer.entrypoints.cli import app
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import ProcessRunner, StartedProcess
from tests.support.system import System

NOWHERE = f"redis://{LOOPBACK}:1/0"
"""A store that is never there: no ordinary process may listen on that port."""


def gofer(processes: ProcessRunner, *arguments: str, **environment: str) -> StartedProcess:
    """Start ``gofer ARGUMENTS...``."""
    return processes.start_module("gofer.entrypoints.cli", *arguments, env=environment)


def refused(process: StartedProcess) -> str:
    """Return what a process says that must end soon, with an error, and without a traceback."""
    assert process.wait() not in {0, None}
    text = process.log()
    assert "Traceback" not in text
    assert text.strip()
    return " ".join(text.replace("│", " ").split())


def test_gofer_alone_says_what_to_do_next(processes: ProcessRunner) -> None:
    process = gofer(processes)
    assert process.wait() == 0
    assert "gofer demo" in process.log()
    assert "gofer up" in process.log()


@pytest.mark.parametrize("command", ["up", "demo", "api", "dispatcher", "worker", "bench"])
def test_each_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert command in result.output


# ---------------------------------------------------------------- wrong usage


def test_a_mode_that_there_is_not_names_those_that_there_are(processes: ProcessRunner) -> None:
    process = processes.start_module("gofer.entrypoints.dispatcher", "-m", "sideways")
    text = refused(process)
    assert "Invalid value for '--mode'" in text
    for mode in ("local", "pull", "push"):
        assert mode in text


WRONG = [
    (["worker", "push", "many", "tcp://127.0.0.1:5555"], "'N'"),
    (["worker", "pull", "0", "tcp://127.0.0.1:5555"], "'N'"),
    (["worker", "pull", "1.5", "tcp://127.0.0.1:5555"], "'N'"),
    (["worker", "sideways", "1", "tcp://127.0.0.1:5555"], "push"),
    (["worker", "push", "1"], "URL"),
    (["dispatcher", "-w", "x"], "--workers"),
    (["dispatcher", "-w", "0"], "--workers"),
    (["dispatcher", "-p", "x"], "--port"),
    (["dispatcher", "-p", "65536"], "--port"),
    (["dispatcher", "-t", "0"], "--timeout"),
    (["up", "-p", "65536"], "http_port"),
    (["demo", "-w", "0"], "--workers"),
    (["sideways"], "sideways"),
]


@pytest.mark.parametrize(("arguments", "named"), WRONG)
def test_wrong_usage_is_named_and_exits_with_two(arguments: list[str], named: str) -> None:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert named in result.stderr


@pytest.mark.parametrize(("kind", "url"), [("push", "http://localhost:5555"), ("pull", "here")])
def test_a_url_that_is_none_is_refused_with_an_example(
    processes: ProcessRunner, kind: str, url: str
) -> None:
    text = refused(processes.start_module(f"gofer.entrypoints.workers.{kind}", "1", url))
    assert url in text
    assert "tcp://HOST:PORT" in text


def test_a_store_that_is_none_is_refused_with_what_is_possible(processes: ProcessRunner) -> None:
    text = refused(gofer(processes, "api", "--store", "postgres://here"))
    assert "redis://" in text


def test_a_store_of_one_process_is_refused_for_parts(processes: ProcessRunner) -> None:
    for command in (["api"], ["dispatcher"]):
        assert "gofer up" in refused(gofer(processes, *command, "--store", "memory://"))


def test_a_setting_that_is_wrong_is_named(processes: ProcessRunner) -> None:
    assert "beat_ms" in refused(gofer(processes, "api", GOFER_BEAT_MS="soon"))


# ---------------------------------------------------------------- ports in use


def test_a_web_service_whose_port_is_in_use_says_so(system: System) -> None:
    system.start_api()
    port = system.url.rpartition(":")[2]
    text = refused(system.start("cli", "api", "--port", port))
    assert port in text
    assert "in use" in text


@pytest.mark.parametrize("mode", ["push", "pull"])
def test_a_dispatcher_whose_port_is_in_use_says_so(system: System, mode: str) -> None:
    system.start_dispatcher(mode).wait_for_log("workers may connect to")
    text = refused(system.start_dispatcher(mode))
    assert str(system.port) in text
    assert "another process listens there" in text


# ---------------------------------------------------------------- a store that is away


@pytest.mark.parametrize("command", ["api", "dispatcher"])
def test_a_part_waits_for_its_store_and_says_so(processes: ProcessRunner, command: str) -> None:
    port = str(free_port())
    process = gofer(processes, command, "--store", NOWHERE, "--port", port)
    process.wait_for_log(f"waiting for {NOWHERE}")
    assert process.exit_code is None
    assert process.stop() == 0


@pytest.mark.parametrize("command", ["api", "dispatcher"])
def test_a_part_that_must_not_wait_for_its_store_ends(
    processes: ProcessRunner, command: str
) -> None:
    port = str(free_port())
    process = gofer(processes, command, "--store", NOWHERE, "--port", port, "--no-wait")
    assert "unavailable" in refused(process)
    assert NOWHERE in process.log()
    assert process.exit_code == 1


def test_a_password_in_a_store_s_address_is_never_shown(processes: ProcessRunner) -> None:
    store = f"redis://user:hush-hush@{LOOPBACK}:1/0"
    process = gofer(processes, "dispatcher", "--no-wait", "--port", "0", GOFER_STORE=store)
    assert "hush" not in refused(process)


# ---------------------------------------------------------------- installed command


def test_the_command_is_installed_beside_the_interpreter(processes: ProcessRunner) -> None:
    command = f"{sys.prefix}/bin/gofer"
    assert processes.start([command], name="gofer").wait() == 0
