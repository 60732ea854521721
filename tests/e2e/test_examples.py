"""Every example runs, against a whole system of real processes, and prints what it promises."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.checkout import ROOT
from tests.support.leaks import keep_for_the_session
from tests.support.processes import ProcessRunner
from tests.support.system import System, lasting_system, show_logs

PRINTS = {
    "asyncio_client.py": r"1229 primes below 10 002\n",
    "curl_only.sh": r'\{.*"status":"COMPLETED".*"value":5\.0.*\}\n',
    "flaky_call.py": r"got 42, after \d+ attempts\n",
    "long_job.py": r"follow it .*\n(epoch \d: loss 0\.\d+\n){5}it returned 0\.03125\n",
    "monte_carlo_pi.py": r"pi is about 3\.1\d+\n",
    "parameter_sweep.py": r"tried 117: y = 3\.0 x \+ 2\.0, loss 0\.0\n",
    "runaway.py": r"it is RUNNING\ncancelled: True\nit is CANCELLED\n",
    "thumbnails.py": r"5 thumbnails in .*\n",
}
FOLDER = ROOT / "examples"


def test_every_example_is_run_here() -> None:
    assert sorted(each.name for each in FOLDER.iterdir() if each.is_file()) == sorted(PRINTS)


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory, redis_server_url: str
) -> Iterator[tuple[System, ProcessRunner]]:
    """One system in local mode for all examples."""
    with lasting_system(tmp_path_factory, redis_server_url, "local", slots=2) as made:
        for process in made[1].started:
            keep_for_the_session(process.pid)
        yield made


@pytest.fixture
def examples_system(whole: tuple[System, ProcessRunner], request: pytest.FixtureRequest) -> System:
    """The system, whose logs are shown if an example fails."""
    node = request.node
    assert isinstance(node, pytest.Item)
    show_logs(whole[1], node)
    return whole[0]


@pytest.mark.parametrize("name", PRINTS)
def test_an_example_prints_what_it_promises(
    name: str, examples_system: System, tmp_path: Path
) -> None:
    arguments = [str(tmp_path)] if name == "thumbnails.py" else []
    runner = ["sh"] if name.endswith(".sh") else [sys.executable, "-P"]
    done = subprocess.run(
        [*runner, str(FOLDER / name), *arguments],
        env={**os.environ, "GOFER_URL": examples_system.url},
        text=True,
        capture_output=True,
        check=False,
        timeout=55,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(PRINTS[name], done.stdout), done.stdout
