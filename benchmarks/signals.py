"""Ctrl-C, and being told to end: the first unwinds what runs, and any other waits for that.

A run has processes of many systems to end, and what it has measured until then to keep.
"""

import ctypes
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

PR_SET_PDEATHSIG = 1
"""Of Linux' prctl: have the kernel send a signal when the parent ends."""


class Interrupted(BaseException):
    """Somebody wants the run to end; no ``except Exception`` may take it for a failure."""

    def __init__(self, number: int) -> None:
        """``number`` is the signal's."""
        super().__init__(number)
        self.number = number


def unwind_once() -> None:
    """Let the first of ``NUMBERS`` raise Interrupted in the main thread; ignore all after it.

    What is ignored already stays so: a run under nohup outlives its terminal.
    """

    def arrived(number: int, frame: FrameType | None) -> None:
        del frame
        for each in NUMBERS:
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(number)

    for number in NUMBERS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, arrived)


@contextmanager
def held_back() -> Generator[None]:
    """Finish what is in the block before a signal is heard: nothing may be half ended."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, NUMBERS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> Callable[[], object]:
    """Return what a new process does first, so that it is told to end if this one is killed.

    Nothing is loaded there: it runs between fork and exec.
    """
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
