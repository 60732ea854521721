"""A bundled server that dies: another one at the same address, over the same data."""

import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from gofer.adapters.embedded import EmbeddedServer
from gofer.domain.errors import StoreUnavailable
from tests.integration.embedded.watching import family, read, start_owner, write
from tests.support.processes import ProcessRunner


def test_a_server_that_died_comes_back_at_the_same_address_with_its_data(scratch: Path) -> None:
    server = EmbeddedServer()  # even the data that no directory keeps
    with server:
        url = server.url
        write(url, "key", "value")
        family()[1].kill()
        assert server.wait() == "ended with code 137: it logged nothing"
        assert server.url == url
        server.start()
        assert server.url == url
        assert read(url, "key") == "value"
        assert len(list(scratch.iterdir())) == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_whose_keeper_was_ended_comes_back_at_the_same_address(
    tmp_path: Path, number: signal.Signals
) -> None:
    server = EmbeddedServer(tmp_path)
    with server:
        write(server.url, "key", "value")
        url = server.url
        keeper, child = family()
        keeper.send_signal(number)
        if sys.platform != "linux":  # the others have no parent-death signal
            child.terminate()
        server.wait()
        server.start()
        assert read(url, "key") == "value"


def test_a_restart_that_fails_leaves_the_address_to_be_tried_again(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    with server:
        url = server.url
        log = next((tmp_path / "appendonlydir").glob("*.incr.aof"))
        content = log.read_bytes()
        family()[1].kill()
        server.wait()
        log.write_bytes(b"rubbish" * 100)
        with pytest.raises(StoreUnavailable, match="Bad file format"):
            server.start()
        assert server.url == url
        log.write_bytes(content)
        server.start()
        assert read(url, "key") is None


def test_waiting_for_a_server_ends_when_it_is_stopped() -> None:
    server = EmbeddedServer()
    assert server.wait() == "was not started"
    server.start()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(server.wait)
        server.stop()
        assert waiting.result(10).startswith("ended with code 0")


def test_what_a_killed_owner_and_its_killed_keeper_left_goes_with_the_next_start(
    processes: ProcessRunner, scratch: Path
) -> None:
    owner, _ = start_owner(processes)
    family = owner.descendants()
    for process in (*family, psutil.Process(owner.pid)):
        process.suspend()  # none of them sees the others die
    for process in (*family, psutil.Process(owner.pid)):
        process.kill()
    owner.wait()
    psutil.wait_procs(family, timeout=10)
    (left,) = scratch.iterdir()
    with EmbeddedServer():
        assert left not in scratch.iterdir()
