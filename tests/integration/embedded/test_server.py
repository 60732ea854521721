"""The bundled server, for real: it starts, keeps what it should, and leaves nothing else behind."""

import os
import signal
import sys
import threading
from pathlib import Path

import psutil
import pytest

from gofer.adapters.embedded import EmbeddedServer
from gofer.adapters.embedded import server as module
from gofer.domain.errors import StoreUnavailable
from tests.integration.embedded.watching import family, read, start_owner, write
from tests.support.processes import ProcessRunner, is_running
from tests.support.redis_admin import redis_admin
from tests.support.waiting import wait_until


def setting(url: str, name: str) -> object:
    with redis_admin(url) as client:
        return client.execute_command("CONFIG", "GET", name)[name]


# ---------------------------------------------------------------- the server


def test_it_answers_on_a_private_socket_and_on_no_port() -> None:
    with EmbeddedServer() as server:
        path = Path(server.url.removeprefix("unix://"))
        assert path.is_socket()
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert setting(server.url, "port") == "0"
        assert [process.net_connections("inet") for process in family()] == [[], []]


def test_it_keeps_what_it_acknowledged_and_drops_nothing_for_memory() -> None:
    names = ("appendonly", "appendfsync", "maxmemory-policy", "save")
    with EmbeddedServer() as server:
        settings = [setting(server.url, name) for name in names]
    assert settings == ["yes", "everysec", "noeviction", ""]


def test_nothing_is_left_when_it_had_no_directory(scratch: Path) -> None:
    with EmbeddedServer() as server:
        write(server.url, "key", "value")
        assert len(list(scratch.iterdir())) == 1
    assert list(scratch.iterdir()) == []
    assert family() == []


@pytest.mark.parametrize("name", ["data", "with blanks and 'quotes\" \N{SNOWMAN}", "a/b/c"])
def test_data_is_kept_in_a_directory(tmp_path: Path, name: str) -> None:
    server = EmbeddedServer(tmp_path / name)
    with server:
        write(server.url, "key", "value")
    with server:
        assert read(server.url, "key") == "value"
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o700


def test_a_relative_directory_is_the_callers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with EmbeddedServer(Path("here")):
        assert (tmp_path / "here" / "appendonlydir").is_dir()


def test_acknowledged_writes_survive_the_server_s_death(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    with server:
        for number in range(100):
            write(server.url, f"key{number}", "value")
        family()[1].kill()
        wait_until(lambda: not server.running, "the server's death is noticed")
    with server:
        assert read(server.url, "key99") == "value"


def test_starting_and_stopping_may_be_repeated() -> None:
    server = EmbeddedServer()
    server.start()
    url = server.url
    server.start()
    assert server.url == url
    server.stop()
    server.stop()
    assert not server.running


def test_there_is_no_address_before_the_start_and_after_the_end() -> None:
    server = EmbeddedServer()
    with pytest.raises(ValueError, match="has not been started"):
        server.url  # noqa: B018 - reading it is the test
    with server:
        assert server.url.startswith("unix:///")
    with pytest.raises(ValueError, match="has not been started"):
        server.url  # noqa: B018 - reading it is the test


def test_it_outlives_the_thread_that_started_it() -> None:
    server = EmbeddedServer()
    thread = threading.Thread(target=server.start)
    thread.start()
    thread.join()
    try:
        assert read(server.url, "key") is None
    finally:
        server.stop()


def test_it_is_in_a_session_of_its_own_so_that_ctrl_c_does_not_reach_it() -> None:
    with EmbeddedServer():
        keeper, server = family()
        places = [(os.getsid(process.pid), os.getpgid(process.pid)) for process in (keeper, server)]
    assert places == [(keeper.pid, keeper.pid)] * 2


def test_a_server_that_hangs_is_killed_after_the_grace_time() -> None:
    server = EmbeddedServer(grace_s=0.1)
    server.start()
    family()[1].suspend()
    server.stop()
    assert family() == []


def test_a_keeper_that_hangs_is_killed_with_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEEPER_MARGIN_S", 0.1)
    server = EmbeddedServer(grace_s=0.1)
    server.start()
    for process in family():
        process.suspend()
    server.stop()
    assert family() == []


# ---------------------------------------------------------------- one directory, one owner


def test_a_second_owner_of_a_directory_is_told_the_address_of_the_first(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path) as first:
        with pytest.raises(StoreUnavailable, match=f"--store {first.url}"):
            EmbeddedServer(tmp_path).start()
        assert read(first.url, "key") is None


def test_servers_without_a_directory_do_not_meet() -> None:
    with EmbeddedServer() as first, EmbeddedServer() as second:
        write(first.url, "key", "value")
        assert read(second.url, "key") is None


def test_an_owner_that_was_killed_makes_way_for_the_next(
    tmp_path: Path, processes: ProcessRunner
) -> None:
    owner, url = start_owner(processes, str(tmp_path))
    write(url, "key", "value")
    owner.kill()

    def taken_over() -> bool:
        try:
            server.start()
        except StoreUnavailable:
            return False
        return True

    server = EmbeddedServer(tmp_path)
    wait_until(taken_over, "the directory is free")
    with server:
        assert read(server.url, "key") == "value"


# ---------------------------------------------------------------- it ends with its parent


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_of_a_server_whose_parent_was_killed(
    processes: ProcessRunner, scratch: Path, number: signal.Signals
) -> None:
    owner, _ = start_owner(processes)
    family = owner.descendants()
    assert len(family) == 2
    owner.send(number)
    _, left = psutil.wait_procs(family, timeout=10)
    assert left == []
    wait_until(lambda: list(scratch.iterdir()) == [], "the scratch directory is gone")


def test_the_server_ends_even_if_its_keeper_is_killed_where_the_kernel_tells_it() -> None:
    server = EmbeddedServer()
    server.start()
    keeper, child = family()
    keeper.kill()
    if sys.platform != "linux":  # the others have no parent-death signal
        child.terminate()
    wait_until(lambda: not is_running(child.pid), "the server has ended")
    assert not server.running
    server.stop()
