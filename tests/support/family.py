"""Who has been started below a process, asked of Linux directly.

To know the children's children psutil looks at every process of the machine (2.6 ms where there are
150); each thread's own list of its children says the same for 0.1 ms, and it is asked at both ends
of every test. Such a list may miss one while another on it is ending, so it is read until it
has stayed as it is.
"""

import os
from contextlib import suppress

import psutil


def descendants(pid: int) -> list[psutil.Process]:
    """Return the processes below ``pid``, its children first; none if it has ended itself."""
    if not os.path.exists(f"/proc/{pid}/task/{pid}/children"):  # noqa: PTH110 - twice a test
        return _asked_of_psutil(pid)
    found = _below(pid)
    while (again := _below(pid)) != found:
        found = again
    family: list[psutil.Process] = []
    for each in found:
        with suppress(psutil.NoSuchProcess):
            family.append(psutil.Process(each))
    return family


def _asked_of_psutil(pid: int) -> list[psutil.Process]:
    """Ask where there are no such lists (another system, an old kernel), or no such process."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _below(pid: int) -> list[int]:
    family = [pid]
    for member in family:
        family += _children(member)
    return family[1:]


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):  # it has ended meanwhile
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - twice a test
            with suppress(OSError), open(f"/proc/{pid}/task/{thread}/children", "rb") as file:  # noqa: PTH123
                found += map(int, file.read().split())
    return found
