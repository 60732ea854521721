"""What a bundled server lives on: its configuration, the lock on its data, its socket, its log."""

import fcntl
import os
import socket
import time
from pathlib import Path
from typing import IO

from ...domain.errors import StoreUnavailable

POLL_S = 0.01
"""How often a lock or a socket is tried again."""

_TAIL_BYTES = 2_000


def options(data: Path, socket_path: Path) -> list[str]:
    """Return the server's configuration: what it acknowledged survives its own death."""
    settings = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",  # the append-only file has everything
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",  # the log is for errors: it must not grow
    }
    return [word for name, value in settings.items() for word in (f"--{name}", value)]


def locked(data: Path, url: str, patience_s: float) -> IO[str]:
    """Return the open file whose lock makes this process the owner of ``data``.

    An earlier server at the same address whose keeper was killed is told to end by the kernel,
    and has ``patience_s`` to do so.
    """
    try:
        lock = (data / "gofer.lock").open("a+")
    except OSError as error:
        raise StoreUnavailable(f"cannot write in {data}: {error.strerror}") from None
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError:
            lock.seek(0)
            owner = lock.read(200).strip() or "an unknown address"
            if owner == url and time.monotonic() < deadline:
                time.sleep(POLL_S)
                continue
            lock.close()
            raise StoreUnavailable(
                f"another embedded server uses {data}; share it with --store {owner}"
            ) from None
    lock.truncate(0)
    lock.write(url)
    lock.flush()
    return lock


def answers(path: Path) -> bool:
    """Return whether the server answers PING (and is not still reading its data back)."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1.0)
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:  # not there yet
        return False


def tail(log: IO[bytes], first: int = 0) -> str:
    """Return the end of the log from byte ``first`` on; the open file outlives its directory."""
    log.seek(max(first, log.seek(0, os.SEEK_END) - _TAIL_BYTES))
    return log.read().decode(errors="replace").strip() or "it logged nothing"
