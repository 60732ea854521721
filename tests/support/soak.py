"""What a system holds, before and after very many tasks: memory, descriptors, threads, files, keys.

Figures are per process, and named after the part and its place below it, so that the same process
can be compared. ``python -m pytest -s`` shows the table.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.support.processes import StartedProcess
from tests.support.redis_admin import redis_admin

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Held:
    """What one process holds; ``memory`` is in bytes, what is its own alone (USS)."""

    memory: int
    descriptors: int
    threads: int


@dataclass(frozen=True, slots=True)
class Holding:
    """What a whole system holds at one moment."""

    processes: Mapping[str, Held]
    files: Sequence[str]
    keys: Sequence[str]

    def table(self, later: "Holding") -> str:
        """Show this and a later moment side by side."""
        rows = [f"{'process':32} {'MiB of its own':>18} {'descriptors':>14} {'threads':>10}"]
        for name, held in self.processes.items():
            after = later.processes.get(name)
            if after is None:
                rows.append(f"{name:32} is gone")
                continue
            memory = f"{held.memory / MIB:.1f} -> {after.memory / MIB:.1f}"
            descriptors = f"{held.descriptors} -> {after.descriptors}"
            threads = f"{held.threads} -> {after.threads}"
            rows.append(f"{name:32} {memory:>18} {descriptors:>14} {threads:>10}")
        rows.append(f"keys: {' '.join(later.keys)}")
        rows.append(f"temporary files: {' '.join(later.files) or 'none'}")
        return "\n".join(rows)


def holding(
    parts: Sequence[StartedProcess], server_pid: int, store_url: str, temporary: Path
) -> Holding:
    """Return what a system holds now."""
    with redis_admin(store_url) as admin:
        keys = sorted(admin.scan_iter())
    # a socket's name is random, and a restarted helper may have made another one
    files = sorted(str(path.relative_to(temporary)) for path in temporary.rglob("*"))
    processes = dict(_family(parts))
    processes["the store's server"] = _held(psutil.Process(server_pid))
    return Holding(processes, files, keys)


def _family(parts: Sequence[StartedProcess]) -> Iterator[tuple[str, Held]]:
    for part in parts:
        name = part.name.removeprefix("entrypoints.")
        yield name, _held(psutil.Process(part.pid))
        below = sorted(part.descendants(), key=lambda process: process.pid)
        for number, process in enumerate(below, 1):
            yield f"{name}, process {number} below", _held(process)


def _held(process: psutil.Process) -> Held:
    with process.oneshot():
        memory = process.memory_full_info().uss
        return Held(memory, process.num_fds(), process.num_threads())
