"""Runs a server until the process that wanted it is gone; a program of its own, not a module.

    python -I -S keeper.py GRACE_S LOCK_FD SCRATCH COMMAND...

Why a process in between: a server must not outlive a parent that was killed with SIGKILL, and the
parent cannot see to that itself. The kernel's parent-death signal follows the *thread* that
forked, so it would kill the server of a program that started it in a pool's thread, and macOS has
none. The keeper reads its standard input, a pipe that only the parent holds: its end is the
parent's end. Then it stops the server, removes the scratch directory and exits as the server did.
If the server ends while the parent lives, the keeper leaves the directory to it: it reads the log
there, and may start another server at the same address.

It imports the standard library only (it is run by path, without site-packages, to start fast),
and must never write anything but the server's own output.
"""

import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from types import FrameType

_PR_SET_PDEATHSIG = 1


def keep(grace_s: float, lock_fd: int, scratch: str, command: list[str]) -> int:
    """Run ``command`` until standard input ends, SIGTERM comes or it exits; return its code."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, _noted)
    os.umask(0o077)
    server = subprocess.Popen(  # noqa: S603 - the parent's own command
        command,
        stdin=subprocess.DEVNULL,
        pass_fds=[lock_fd],
        preexec_fn=_farewell(),  # noqa: PLW1509 - this process has one thread
    )
    asked = False
    while server.poll() is None and not asked:
        ready, _, _ = select.select([0, woken], [], [])
        asked = _hung_up(ready) or (woken in ready and signal.SIGTERM in os.read(woken, 1024))
    code = _stop(server, grace_s)
    if _hung_up(select.select([0], [], [], 0)[0]):
        shutil.rmtree(scratch, ignore_errors=True)
    return code if code >= 0 else 128 - code


def _hung_up(ready: list[int]) -> bool:
    """Return whether the parent has closed its end of our standard input."""
    return 0 in ready and not os.read(0, 1024)


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: that a signal came is written to the pipe that ``keep`` waits on."""


def _farewell() -> Callable[[], None] | None:
    """Return what the server does before it starts: ask to be stopped if the keeper is killed."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _stop(server: "subprocess.Popen[bytes]", grace_s: float) -> int:
    server.terminate()
    try:
        return server.wait(grace_s)
    except subprocess.TimeoutExpired:
        server.kill()
        return server.wait()


if __name__ == "__main__":
    sys.exit(keep(float(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]))
