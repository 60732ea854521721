"""Why a child died, and what that makes of the task that it was running.

Whoever is blamed was running at that moment, as the marker says. The texts are for a person who
has never heard of gofer.
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


def peak_rss_kb(pid: int) -> int:
    """Return the peak memory of a living process in KiB; 0 where the system does not tell."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    except OSError:
        pass  # another system, or the process has just ended
    return 0


def of_exit(code: int, *, out_of_memory: bool) -> Trouble:
    """Return the failure for a process that ended with ``code`` (negative: by that signal).

    ``out_of_memory``: the kernel has killed some process for want of memory meanwhile.
    """
    if code >= 0:
        message = f"the process ended with exit code {code} while it ran the task"
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


class Coroner:
    """Tells deaths for want of memory from others, by what the kernel has counted since."""

    def __init__(self) -> None:
        """Count from now on."""
        self._oom_kills = oom_kills()

    def of_exit(self, code: int) -> Trouble:
        """Return the failure for a process that has just ended with ``code``."""
        earlier, self._oom_kills = self._oom_kills, oom_kills()
        return of_exit(code, out_of_memory=self._oom_kills > earlier)


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
