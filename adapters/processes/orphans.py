"""A child must not outlive those who look after it, nor leave anything behind when it ends.

The supervisor may be killed without a word while a child is deep in C code, where no Python of
ours runs. So the kernel is asked (Linux) to kill the child when its parent dies: the parent is
the forkserver, which ends when the supervisor's end of its pipe closes. Where the kernel has no
such service, a child ends when it next looks at its channel.

A process that a task has put into a session of its own is not in the child's group. So children
and forkserver are *subreapers* (Linux): the kernel gives an orphan to the next one above it. What
a task sets free stays its child's; what a dead child has left becomes the forkserver's, where it
is found and killed.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

_LAST_S = 2.0
"""How long a forkserver that ends goes on killing what dead children have left."""


def die_with_parent(parent_pid: int) -> None:
    """Have the kernel kill this process when its parent dies; end now if that has happened."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(0)


def adopt_orphans() -> None:
    """Have the kernel make this process the parent of its descendants' orphans."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kill_orphans(server: int, known: Collection[int]) -> int:
    """Kill what dead children have left to the forkserver; return how many there were.

    Those are its children that nobody ``known`` to us is, in other sessions than its own (what it
    has just forked has not left its session yet), and all that they have started. They may start
    more meanwhile, so call this again until it returns 0.
    """
    if sys.platform != "linux":
        return 0
    killed = 0
    for orphan in _children_of(server):
        if orphan not in known and _session(orphan) not in {None, _session(server)}:
            for pid in _family(orphan):
                with suppress(ProcessLookupError, PermissionError):  # it has ended, or is not ours
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
    return killed


def kill_all_orphans(server: int) -> None:
    """In the forkserver, at its end: kill all children and whatever they have left."""
    deadline = time.monotonic() + _LAST_S
    while kill_orphans(server, ()) and time.monotonic() < deadline:
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.001)


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


def _family(pid: int) -> list[int]:
    """Return a process and its descendants, as they are at this moment."""
    family = [pid]
    for member in family:
        family += _children_of(member)
    return family


def _children_of(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # it is gone, or the kernel was built without this file: then nobody can tell
        return []
