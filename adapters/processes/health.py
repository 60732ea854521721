"""Looks at a child between two tasks for what the last one left that could harm the next.

What is found is not mended but reported, and the child is replaced: a fresh process costs a few
milliseconds and is right by construction. The looks are cheap because they are made after each
task; those that cost several system calls are made after the last task of a message, and after
one that took some time.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable

from .capture import Capture

THOROUGH_MS = 0.2
"""After a task that took longer all looks are made; one that took less has not started a process:
a fork alone takes longer."""

_WATCHED = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGALRM,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGCHLD,
    signal.SIGPIPE,
)
# The C function: its wrapper turns each answer into an enum, which costs ten times as much.
_handler: Callable[[int], object] = vars(sys.modules["_signal"])["getsignal"]


class Health:
    """The state of a clean child, and what differs from it now."""

    def __init__(self, capture: Capture) -> None:
        """Remember this moment as clean."""
        self._capture = capture
        self._folder = os.getcwd()  # noqa: PTH109
        self._handlers = [_handler(number) for number in _WATCHED]
        self._threads = threading.active_count()
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())

    def complaint(self, *, thorough: bool) -> str:
        """Return what the last task left behind, "" if nothing is seen."""
        return self._quick() or (self._thorough() if thorough else "")

    def _quick(self) -> str:
        if [_handler(number) for number in _WATCHED] != self._handlers:
            return "a signal handler was changed"
        if threading.active_count() != self._threads:
            return "a thread was left running"
        if signal.getitimer(signal.ITIMER_REAL)[0]:
            return "a timer was left running"
        if not self._capture.intact():
            return "the standard streams were replaced"
        try:
            folder = os.getcwd()  # noqa: PTH109
        except OSError:
            return "the working directory is gone"
        return "" if folder == self._folder else "the working directory was changed"

    def _thorough(self) -> str:
        if signal.pthread_sigmask(signal.SIG_BLOCK, ()) != self._mask:
            return "signals were blocked"
        if not self._capture.connected():
            return "the descriptors of standard output were changed"
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return ""
        return "a process was left behind"
