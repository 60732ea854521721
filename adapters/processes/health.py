"""Looks at a child between two tasks for what the last one left that could harm the next.

What is found is not mended but reported, and the child is replaced: a fresh process costs a few
milliseconds and is right by construction. The looks are cheap because they are made after each
task; those that cost several system calls are made after the last task of a message, and after
one that took some time.

Importing is allowed to leave something: some libraries set variables of the environment, or add to
the import path, when they are first imported, and need them later. What is *added* by a task that
has imported something becomes part of the clean state; what it changes or takes away does not.
"""

import faulthandler
import gc
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable

from .capture import Capture

THOROUGH_MS = 0.2
"""After a task that took longer all looks are made; one that took less has not started a process:
a fork alone takes longer."""

_OPEN_FILES = 512
"""With so many descriptors in use (or half of what is allowed) the next task might get none."""

_SIGNALS = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGALRM,
    signal.SIGVTALRM,
    signal.SIGPROF,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGCHLD,
    signal.SIGPIPE,
)
_WATCHED = tuple(map(int, _SIGNALS))
_ALL = tuple(map(int, sorted(signal.valid_signals())))[:31]
_REAL, _VIRTUAL, _PROFILING = map(
    int, (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
)
_BLOCK = int(signal.SIG_BLOCK)
_LIMITS = tuple(
    getattr(resource, f"RLIMIT_{name}")
    for name in ("AS", "CPU", "DATA", "FSIZE", "NOFILE", "NPROC", "STACK")
    if hasattr(resource, f"RLIMIT_{name}")
)
_UMASK = 0o077
# The C functions: their wrappers turn each answer into an enum, which costs ten times as much.
_handler: Callable[[int], object] = vars(sys.modules["_signal"])["getsignal"]
_timer: Callable[[int], tuple[float, float]] = vars(sys.modules["_signal"])["getitimer"]
_mask: Callable[[int, tuple[int, ...]], set[int]] = vars(sys.modules["_signal"])["pthread_sigmask"]
_threads: Callable[[], int] = vars(sys.modules["_thread"])["_count"]
_environment: dict[bytes, bytes] = vars(os.environ)["_data"]


class Health:
    """The state of a clean child, and what differs from it now."""

    def __init__(self, capture: Capture) -> None:
        """Remember this moment as clean."""
        self._capture = capture
        self._folder = os.getcwd()  # noqa: PTH109
        self._handlers = [*map(_handler, _WATCHED)]
        self._all_handlers = [*map(_handler, _ALL)]
        self._threads = _threads()
        self._mask = _mask(_BLOCK, ())
        self._environment = dict(_environment)
        self._path = list(sys.path)
        self._modules = len(sys.modules)
        self._interpreter = _interpreter()
        self._limits = _limits()
        self._most_open = min(_OPEN_FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)
        os.umask(_UMASK)

    def complaint(self, *, thorough: bool) -> str:
        """Return what the last task left behind, "" if nothing is seen."""
        return self._quick() or (self._thorough() if thorough else "")

    def _quick(self) -> str:
        return self._signals() or self._process() or self._surroundings()

    def _signals(self) -> str:
        if [*map(_handler, _WATCHED)] != self._handlers:
            return "a signal handler was changed"
        if _timer(_REAL)[0]:
            return "a timer was left running"
        faulthandler.cancel_dump_traceback_later()  # it could end us in the middle of another task
        return ""

    def _process(self) -> str:
        if _threads() != self._threads:
            return "a thread was left running"
        if not self._capture.intact():
            return "the standard streams were replaced"
        if os.umask(_UMASK) != _UMASK:
            return "the umask was changed"
        if _interpreter() != self._interpreter:
            return "a setting of the interpreter was changed"
        try:
            folder = os.getcwd()  # noqa: PTH109
        except OSError:
            return "the working directory is gone"
        return "" if folder == self._folder else "the working directory was changed"

    def _surroundings(self) -> str:
        """Compare import path and environment; forgive what an import has added."""
        imported, self._modules = len(sys.modules) > self._modules, len(sys.modules)
        if sys.path == self._path and _environment == self._environment:
            return ""
        if not imported or sys.path[: len(self._path)] != self._path:
            changed = "environment" if sys.path == self._path else "import path"
            return f"the {changed} was changed"
        if any(_environment.get(name) != value for name, value in self._environment.items()):
            return "the environment was changed"
        self._path, self._environment = list(sys.path), dict(_environment)
        return ""

    def _thorough(self) -> str:
        if _mask(_BLOCK, ()) != self._mask:
            return "signals were blocked"
        if [*map(_handler, _ALL)] != self._all_handlers:
            return "a signal handler was changed"
        if _timer(_VIRTUAL)[0] or _timer(_PROFILING)[0]:
            return "a timer was left running"
        if _limits() != self._limits:
            return "a limit of the process was changed"
        if not self._capture.connected():
            return "the descriptors of the standard streams were changed"
        return self._descriptors() or _left_processes()

    def _descriptors(self) -> str:
        try:
            unused = os.dup(0)
        except OSError:
            return "all descriptors are in use"
        os.close(unused)
        return "many descriptors were left open" if unused > self._most_open else ""


def _left_processes() -> str:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return ""
    return "a process was left behind"


def _interpreter() -> tuple[object, ...]:
    """Return settings of the interpreter that a function may change for all that follow."""
    return (
        sys.getrecursionlimit(),
        sys.gettrace(),
        sys.getprofile(),
        gc.isenabled(),
        faulthandler.is_enabled(),
        socket.getdefaulttimeout(),
    )


def _limits() -> list[object]:
    """Return the limits and the priority of this process."""
    return [*map(resource.getrlimit, _LIMITS), os.getpriority(os.PRIO_PROCESS, 0)]
