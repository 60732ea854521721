"""``gofer bench``: an installation measured, and in words what is wrong where it cannot be."""

import json
import re
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from gofer.entrypoints.bench.failures import BenchFailed
from gofer.entrypoints.bench.measuring import measure
from gofer.entrypoints.sdk.client import Client
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import ProcessRunner, StartedProcess
from tests.support.system import System
from tests.support.traces import Surroundings
from tests.support.waiting import wait_until


def bench(processes: ProcessRunner, *arguments: str, **environment: str) -> StartedProcess:
    """Start ``gofer bench ARGUMENTS...``."""
    command = ("gofer.entrypoints.cli", "bench", *arguments)
    return processes.start_module(*command, env=environment)


def complaint(process: StartedProcess) -> str:
    """Return what it says that must end with an error, and without a traceback."""
    assert process.wait(40) == 1
    assert "Traceback" not in process.log()
    return process.log()


def figures_in(text: str) -> Any:
    """Return the JSON that follows the progress."""
    return json.loads(text[text.index("{") :])


def test_it_measures_an_installation_that_runs(processes: ProcessRunner, system: System) -> None:
    system.start_all("local")
    told = bench(processes, "--url", system.url, "--tasks", "50", "--json")
    assert told.wait(40) == 0, told.log()
    figures = figures_in(told.log())
    assert figures["url"] == system.url
    assert (figures["bulk"]["count"], figures["bulk"]["rounds"]) == (50, 3)
    assert figures["bulk"]["least_tasks_per_s"] <= figures["bulk"]["tasks_per_s"]
    assert figures["bulk"]["submits_per_s"] > figures["bulk"]["tasks_per_s"] > 0
    assert 0 < figures["round_trips"]["median_ms"] <= figures["round_trips"]["p99_ms"]
    assert [echo["size_bytes"] for echo in figures["echoes"]] == [1024, 1024 * 1024]


def test_interrupted_it_takes_its_tasks_out_of_an_installation_that_runs(
    processes: ProcessRunner, api_url: str
) -> None:
    with Client(api_url) as client:

        def waiting() -> int:
            return sum(each["depth"] for each in client.request("GET", "/v1/queues")["items"])

        before = waiting()
        told = bench(processes, "--url", api_url, "--tasks", "100")
        wait_until(lambda: waiting() == before + 100, "its tasks wait: nobody runs them")
        told.send(signal.SIGINT)
        assert told.wait() == 130, told.log()
        assert waiting() == before
    assert "Traceback" not in told.log()


def test_it_takes_no_name_that_somebody_may_use(processes: ProcessRunner, system: System) -> None:
    system.start_all("local")
    told = bench(processes, "--url", system.url, "--tasks", "1", "--json")
    assert told.wait(40) == 0, told.log()
    with Client(system.url) as client:
        names = {each["name"] for each in client.functions.list()}
    assert names == {"gofer-bench-noop", "gofer-bench-echo"}


def test_it_starts_one_of_its_own_and_leaves_nothing_of_it(
    processes: ProcessRunner, tmp_path_factory: pytest.TempPathFactory
) -> None:
    surroundings = Surroundings(tmp_path_factory.mktemp("b"))  # a socket's path has to be short
    told = bench(processes, "--up", "-w", "1", "-n", "20", **surroundings.environment)
    assert told.wait(40) == 0, told.log()
    assert re.search(r"one at a time, median\W+20\W+[\d.]+ ms", told.log())
    surroundings.wait_until_clean()


@pytest.mark.parametrize("moment", ["starting store", "one at a time", "in bulk"])
def test_its_own_leaves_nothing_when_it_is_interrupted(
    processes: ProcessRunner, tmp_path_factory: pytest.TempPathFactory, moment: str
) -> None:
    surroundings = Surroundings(tmp_path_factory.mktemp("b"))
    told = bench(processes, "--up", "-w", "1", "-n", "200000", **surroundings.environment)
    told.wait_for_log(moment, 30)
    told.send(signal.SIGINT)
    assert told.wait(30) == 130, told.log()
    assert "Traceback" not in told.log()
    surroundings.wait_until_clean()


def test_that_nothing_answers_is_said_with_what_to_do(processes: ProcessRunner) -> None:
    text = complaint(bench(processes, GOFER_HTTP_PORT=str(free_port())))
    assert "no answer from http://127.0.0.1:" in text
    assert "gofer up" in text


def test_another_service_is_no_gofer(processes: ProcessRunner, another_service: str) -> None:
    text = complaint(bench(processes, "--url", another_service))
    assert f"what answers at {another_service} is no gofer" in text


def test_an_address_that_is_none_is_said(processes: ProcessRunner) -> None:
    text = complaint(bench(processes, "--url", "localhost:8000"))
    assert "localhost:8000" in text
    assert "is no URL of a service" in text


def test_that_no_worker_runs_is_said(api_url: str) -> None:
    with pytest.raises(BenchFailed, match="are its dispatcher and a worker running"):
        measure(api_url, 1, lambda text: None, patience_s=0.5)  # noqa: ARG005 - said to nobody


@pytest.fixture
def another_service() -> Iterator[str]:
    """The URL of a web service that answers everything with a page."""

    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html></html>")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
            pass

    server = HTTPServer((LOOPBACK, 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://{LOOPBACK}:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
