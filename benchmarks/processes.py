"""The processes of one system: found by a mark in their environment, counted, and ended.

The mark is inherited by every process below the driver, in whatever session it runs and whoever
its parent is by now; so nothing can stay behind unseen. A Redis server writes its title over its
environment, and is found as what it is: the child of one that carries the mark.
"""

import contextlib
import os
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import psutil

MARK_VARIABLE = "BENCH_MARK"
VOLUNTARY = "voluntary_ctxt_switches:"
CORES = os.cpu_count() or 1
HELPERS = {"embedded/keeper.py": "keeper", "resource_tracker": "resource tracker"}
"""What stands in the command line of a process that works for another part, and its name here."""

GONE = (psutil.NoSuchProcess, psutil.AccessDenied)


def new_mark() -> str:
    """Return a mark that no other process has."""
    return uuid.uuid4().hex


def marked(mark: str) -> list[psutil.Process]:
    """Return the live processes that carry the mark, and those that descend from one."""
    alive = {process.pid: process for process in psutil.process_iter() if _is_alive(process)}
    found = {pid for pid, process in alive.items() if _carries(process, mark)}
    parents = {pid: _parent(process) for pid, process in alive.items()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return [alive[pid] for pid in sorted(found)]


def kill_marked(mark: str, patience_s: float = 5.0) -> int:
    """Kill whatever is left of a system; return how many processes there were."""
    left = marked(mark)
    for process in left:
        with contextlib.suppress(*GONE):
            process.kill()
    psutil.wait_procs(left, patience_s)
    return len(left)


def label(process: psutil.Process, driver: int) -> str:
    """Return which part of a system a process is."""
    if process.pid == driver:
        return "client"
    words = process.cmdline()
    line = " ".join(words)
    program = words[0].partition(" ")[0] if words else ""  # a server writes its address behind it
    if Path(program).name in {"redis-server", "valkey-server"}:
        return "store"
    if "gofer.entrypoints.cli" in words:
        return words[words.index("gofer.entrypoints.cli") + 1]
    if known := next((name for sign, name in HELPERS.items() if sign in line), None):
        return known
    if "forkserver" in line:
        parent = process.parent()
        return "child" if parent and "forkserver" in " ".join(parent.cmdline()) else "forkserver"
    return "workers"


@dataclass(frozen=True, slots=True)
class Usage:
    """What processes have used so far: CPU seconds by pid, and context switches."""

    at: float
    cpu_s: dict[int, float]
    switches: dict[tuple[int, int], int]
    """Voluntary ones: each is a thread that waited and was woken; by pid and thread."""

    labels: dict[int, str]
    machine_s: float
    """CPU seconds of all cores, of all processes."""

    def cpu_since(self, before: "Usage") -> dict[str, float]:
        """Return CPU seconds by label; a process that has ended since counts for nothing."""
        found: dict[str, float] = {}
        for pid, used in self.cpu_s.items():
            name = self.labels[pid]
            found[name] = found.get(name, 0.0) + used - before.cpu_s.get(pid, 0.0)
        return found

    def wakes_since(self, before: "Usage") -> dict[str, float]:
        """Return wake-ups a second of the thread that has most of them, by label."""
        elapsed = self.at - before.at
        most: dict[str, float] = {}
        for thread, count in self.switches.items():
            name = self.labels[thread[0]]
            rate = (count - before.switches.get(thread, count)) / elapsed
            most[name] = max(most.get(name, 0.0), rate)
        return most

    def others_busy(self, before: "Usage") -> float:
        """Return which share of the machine other processes took, 0 to 1."""
        ours = sum(self.cpu_since(before).values())
        theirs = self.machine_s - before.machine_s - ours
        return max(0.0, min(1.0, theirs / (CORES * max(self.at - before.at, 0.01))))


def usage(processes: list[psutil.Process], driver: int) -> Usage:
    """Read what these processes have used."""
    cpu_s: dict[int, float] = {}
    switches: dict[tuple[int, int], int] = {}
    labels: dict[int, str] = {}
    for process in processes:
        try:
            name = label(process, driver)
            times = process.cpu_times()
        except GONE:
            continue
        labels[process.pid] = name
        cpu_s[process.pid] = times.user + times.system
        if name == "store":  # it rewrites its append-only file in a process that has ended by now
            cpu_s[process.pid] += times.children_user + times.children_system
        switches |= _switches(process.pid)
    return Usage(time.perf_counter(), cpu_s, switches, labels, _machine_s())


def memory_bytes(processes: list[psutil.Process], driver: int) -> dict[str, int]:
    """Return memory by label: PSS where the system tells it (pages shared with others count in
    part), else RSS.
    """
    found: dict[str, int] = {}
    for process in processes:
        with contextlib.suppress(*GONE):
            name = label(process, driver)
            full = cast("Any", process.memory_full_info())
            found[name] = found.get(name, 0) + int(getattr(full, "pss", full.rss))
    return found


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except GONE:
        return False


def _parent(process: psutil.Process) -> int | None:
    try:
        return process.ppid()
    except GONE:
        return None


def _carries(process: psutil.Process, mark: str) -> bool:
    try:
        return process.environ().get(MARK_VARIABLE) == mark
    except GONE:
        return False


def _switches(pid: int) -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = {}
    for file in Path(f"/proc/{pid}/task").glob("*/status"):
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except OSError:  # the thread has ended
            continue
        counts = (int(line.split()[1]) for line in lines if line.startswith(VOLUNTARY))
        found[pid, int(file.parent.name)] = next(counts, 0)
    return found


def _machine_s() -> float:
    times = psutil.cpu_times()
    idle = times.idle + float(getattr(times, "iowait", 0.0))
    guest = float(getattr(times, "guest", 0.0)) + float(getattr(times, "guest_nice", 0.0))
    return sum(times) - idle - guest
