"""A child must not outlive those who look after it.

The supervisor may be killed without a word while a child is deep in C code, where no Python of
ours runs. So the kernel is asked (Linux) to kill the child when its parent dies: the parent is
the forkserver, which ends when the supervisor's end of its pipe closes. Where the kernel has no
such service, a child ends when it next looks at its channel.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent_pid: int) -> None:
    """Have the kernel kill this process when its parent dies; end now if that has happened."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(0)
