"""Does a server on this machine keep its files in memory? Said only where it is certain.

The path that a server tells is one of *its* file system: it may run in a container or on another
host. So its process is looked at, and where that is not visible nothing is said.
"""

import re
from pathlib import Path

_IN_MEMORY = frozenset({"tmpfs", "ramfs"})
_OCTAL = re.compile(r"\\([0-7]{3})")


def kept_in_memory(directory: str, pid: str, proc: Path = Path("/proc")) -> bool:
    """Return whether ``directory`` of the process ``pid`` is on a file system in memory.

    False wherever that cannot be told: no such process here, another user's, no Linux.
    """
    if not directory or not pid.isdecimal():
        return False
    try:
        working = str((proc / pid / "cwd").readlink())
        mounts = (proc / pid / "mountinfo").read_text("utf-8", "replace")
    except OSError:
        return False
    if working != directory:  # a server works in its directory: this is another process
        return False
    found = [
        (len(point), kind)
        for point, kind in map(_mount, mounts.splitlines())
        if _in(working, point)
    ]
    return bool(found) and max(found)[1] in _IN_MEMORY


def _mount(line: str) -> tuple[str, str]:
    """Return a mount's point and kind; see proc_pid_mountinfo(5)."""
    before, _, after = line.partition(" - ")
    point = _OCTAL.sub(lambda code: chr(int(code[1], 8)), before.split()[4])
    return point, after.split()[0]


def _in(path: str, point: str) -> bool:
    return path == point or path.startswith(point.rstrip("/") + "/")
