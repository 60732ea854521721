"""Starting children through multiprocessing's forkserver, and stopping what that needs.

The one place that knows multiprocessing and its private corners. The forkserver and the resource
tracker belong to the whole Python process, not to one supervisor, so the supervisors are counted:
the last one that leaves stops both, if they were not running before the first one came. Children
are never forked from this process, which has threads and sockets.

All functions must be called from one thread.
"""

import atexit
import fcntl
import multiprocessing
import os
import shutil
import sys
import tempfile
import termios
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from multiprocessing import process, reduction, resource_tracker
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import Any

from ..scratch import PREFIX, ScratchFolder
from . import orphans

_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
_PRELOAD = f"{__package__}.preload"


class PassedFd:
    """A file descriptor on its way to a child; it must stay open here until ``launch`` returns."""

    def __init__(self, fd: int) -> None:
        """Pass ``fd``."""
        self._fd: Any = fd

    def detach(self) -> int:
        """Return the descriptor, in the child; it is the child's to close."""
        fd: int = self._fd.detach()
        return fd

    def __reduce__(self) -> tuple[Callable[[int], "PassedFd"], tuple[object]]:
        # Only while a process is being launched does multiprocessing hand the descriptor over
        # directly; at any other time it would start a thread with a socket for it.
        duplicate: Callable[[int], object] = reduction.DupFd
        return PassedFd, (duplicate(self._fd),)


class _Servers:
    """The helper processes of multiprocessing, and how many supervisors need them."""

    def __init__(self) -> None:
        self.users = 0
        self.ours = False
        self.folder = _SocketFolder()
        atexit.register(self.folder.remove)

    @property
    def forkserver(self) -> Any:
        if _METHOD != "forkserver":
            return None
        from multiprocessing import forkserver  # noqa: PLC0415 - missing on some systems

        return vars(forkserver).get("_forkserver")

    @property
    def pid(self) -> int | None:
        pid: int | None = getattr(self.forkserver, "_forkserver_pid", None)
        return pid

    def retain(self) -> None:
        if self.users == 0:
            self.ours = self.pid is None and _tracker_fd() is None
            if self.ours:
                self.folder.make()
            multiprocessing.set_forkserver_preload([_PRELOAD])
        self.users += 1

    def release(self) -> None:
        self.users -= 1
        if self.users or not self.ours:
            return
        for server in (self.forkserver, vars(resource_tracker).get("_resource_tracker")):
            stop = getattr(server, "_stop", None)
            if stop is not None:
                # Somebody else has reaped it, or it has removed its socket itself: it is gone.
                with suppress(ChildProcessError, FileNotFoundError):
                    stop()
        self.folder.remove()


def _tracker_fd() -> int | None:
    fd: int | None = getattr(vars(resource_tracker).get("_resource_tracker"), "_fd", None)
    return fd


_SOCKET_PARENT_BYTES = 70
"""What is left of a socket path's 103 bytes (macOS; Linux: 107) without our folder and its name."""


def leave_nothing_at_exit() -> None:
    """In the forkserver: leave no file and no process if the supervisor was killed."""
    server = os.getpid()

    def remove() -> None:
        if os.getpid() != server:
            return  # children are forks of the server: what it has registered, they have too
        orphans.kill_all_orphans(server)
        address = getattr(_servers.forkserver, "_forkserver_address", None)
        folder = Path(address).parent if isinstance(address, str) else None
        if folder is not None and folder.name.startswith(PREFIX):
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)


def kill_orphans() -> int:
    """Kill what dead children have left; return how many there were, to be repeated until none."""
    server = _servers.pid
    if server is None or not _servers.ours:
        return 0
    started: set[BaseProcess] = getattr(process, "_children", set())
    return orphans.kill_orphans(server, {child.pid or 0 for child in started})


def _socket_parent() -> Path:
    """Return the folder for temporary files, or /tmp where a socket's path in it is too long."""
    usual = tempfile.gettempdir()
    return Path(usual if len(os.fsencode(usual)) <= _SOCKET_PARENT_BYTES else "/tmp")  # noqa: S108


class _SocketFolder:
    """The folder of the forkserver's socket: removed with the server, not when this process ends.

    multiprocessing makes one itself where there is none yet, and keeps it to the end. If this
    process and the server are both killed, the next one removes it (``scratch.py``).
    """

    def __init__(self) -> None:
        self._folder: ScratchFolder | None = None

    def make(self) -> None:
        if _config().get("tempdir") is None:
            self._folder = ScratchFolder(_socket_parent())
            _config()["tempdir"] = str(self._folder.path)

    def remove(self) -> None:
        folder, self._folder = self._folder, None
        if folder is not None:
            folder.remove()
            _config()["tempdir"] = None


def _config() -> dict[str, Any]:
    config: dict[str, Any] = getattr(process.current_process(), "_config", {})
    return config


_servers = _Servers()
retain = _servers.retain
release = _servers.release


@contextmanager
def _empty_main() -> Generator[None]:
    """Hide our ``__main__``: multiprocessing would run it again in each child."""
    ours = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = ours


def parent_pid() -> int:
    """Return the pid that the next child's parent will have: the forkserver's, started if needed.

    Raises OSError where that fails.
    """
    if _METHOD != "forkserver":
        return os.getpid()
    from multiprocessing import forkserver  # noqa: PLC0415 - missing on some systems

    with _empty_main():
        forkserver.ensure_running()
    return _servers.pid or os.getpid()


def exit_code(child: BaseProcess) -> int | None:
    """Return how a process ended whose ``sentinel`` is readable (negative: by that signal).

    None if nobody can tell: the forkserver, which should have told, has died itself.
    """
    told = True
    if _METHOD == "forkserver" and getattr(vars(child).get("_popen"), "returncode", None) is None:
        waiting = bytearray(4)
        fcntl.ioctl(child.sentinel, termios.FIONREAD, waiting)
        told = any(waiting)  # without a word its end shows as exit code 255
    child.join()
    return child.exitcode if told else None


def launch(target: Callable[..., None], *arguments: object) -> BaseProcess:
    """Start a process that calls ``target(*arguments)``; returns once it has a pid.

    Raises OSError or EOFError where that fails. ``sentinel`` of the answer becomes readable when
    the process has died, however it died.
    """
    context: Any = multiprocessing.get_context(_METHOD)
    child: BaseProcess = context.Process(
        target=target, args=arguments, name="gofer-child", daemon=True
    )
    with _empty_main():
        child.start()
    return child


def become_independent() -> None:
    """In a child: let go of what ties it to the servers, and let the user's code have children.

    The write ends of the servers' pipes are inherited. A child that kept the forkserver's would
    keep it alive after the supervisor, and nobody would be killed by its death; a daemon that
    the user's code forks would keep the tracker alive, and our closing would wait for it.
    """
    _config()["daemon"] = False
    for server, name in (
        (_servers.forkserver, "_forkserver_alive_fd"),
        (vars(resource_tracker).get("_resource_tracker"), "_fd"),
    ):
        fd: int | None = getattr(server, name, None)
        if fd is not None:
            os.close(fd)
            setattr(server, name, None)
