"""Why a child died, and what that makes of the task that it was running.

Pure but for ``oom_kills``. Whoever is blamed was running at that moment, as the marker says; the
text is for a person who has never heard of gofer.
"""

import signal
from pathlib import Path

from ...domain.task import Cause
from .frames import Trouble

_VMSTAT = Path("/proc/vmstat")


def oom_kills() -> int:
    """Return how many processes the kernel has killed for want of memory; 0 where it tells not."""
    try:
        for line in _VMSTAT.read_text().splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count)
    except OSError:
        pass  # another system: then nobody can tell
    return 0


def of_exit(code: int | None, *, out_of_memory: bool) -> Trouble:
    """Return the failure for a process that ended with ``code`` (negative: by that signal).

    ``out_of_memory``: the kernel has killed some process for want of memory meanwhile.
    """
    if code is None or code >= 0:
        shown = "" if code is None else f" with exit code {code}"
        message = f"the process ended{shown} while it ran the task"
        return Trouble(Cause.EXIT, "ProcessExited", message, exit_code=code)
    if -code == signal.SIGKILL and out_of_memory:
        message = "the kernel killed the process that ran the task: the machine was out of memory"
        return Trouble(Cause.MEMORY, "OutOfMemory", message, signal=-code)
    message = f"the process was killed by {signal_name(-code)} while it ran the task"
    return Trouble(Cause.SIGNAL, "ProcessKilled", message, signal=-code)


def signal_name(number: int) -> str:
    """Return a signal's name and number: ``SIGSEGV (11)``."""
    try:
        return f"{signal.Signals(number).name} ({number})"
    except ValueError:
        return f"signal {number}"


def of_timeout(timeout_ms: int) -> Trouble:
    """Return the failure of a task that was still running at its deadline."""
    message = f"the task ran for longer than its timeout of {timeout_ms / 1000:g} s"
    return Trouble(Cause.TIMEOUT, "TimeoutError", message)


def of_lost_parent() -> Trouble:
    """Return the failure of a task whose process died with the server that had started it."""
    message = "the process was lost together with the server process that had started it"
    return Trouble(Cause.WORKER_LOST, "ProcessLost", message)


def of_closed_channel() -> Trouble:
    """Return the failure of a task that cut its process off from the supervisor."""
    message = "the task closed (or wrote to) the descriptors by which its process reports"
    return Trouble(Cause.EXIT, "ProcessUnreachable", message)
