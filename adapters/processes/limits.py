"""What one child may use, and how the kernel is told.

The supervisor carries these values to its children; each child applies them to itself before it
sees any user's code. They protect the host and the other tasks from an accident; they are no
jail against an attacker. Nothing here must run in the supervisor but the constructor.
"""

import resource
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """Bounds of one child; None means none of ours.

    ``memory_bytes`` is address space (RLIMIT_AS: an allocation over it raises MemoryError),
    ``open_files`` and ``processes`` are RLIMIT_NOFILE and RLIMIT_NPROC (which counts all processes
    of the user, not only the child's). ``result_bytes`` bounds a pickled result. A child is
    replaced after ``recycle_after`` tasks, and when its peak memory is over ``recycle_rss_kb``.
    """

    memory_bytes: int | None = None
    open_files: int | None = None
    processes: int | None = None
    result_bytes: int = 16 * 1024 * 1024
    recycle_after: int | None = None
    recycle_rss_kb: int | None = None

    def __post_init__(self) -> None:
        """Refuse limits under which no task could run."""
        for name in ("memory_bytes", "open_files", "processes", "recycle_after", "recycle_rss_kb"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be positive or None, not {value}")
        if self.result_bytes < 1:
            raise ValueError(f"result_bytes must be positive, not {self.result_bytes}")

    def used_up(self, tasks: int, rss_kb: int) -> bool:
        """Return whether a child that has run so many tasks, with this peak, should be replaced."""
        worn = self.recycle_after is not None and tasks >= self.recycle_after
        return worn or (self.recycle_rss_kb is not None and rss_kb > self.recycle_rss_kb)


def apply(limits: ProcessLimits) -> None:
    """Bind this process, and all that it starts, to ``limits``; a core is never dumped."""
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_AS: limits.memory_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_NPROC: limits.processes,
    }
    for kind, value in wanted.items():
        if value is not None:
            _, hard = resource.getrlimit(kind)
            bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (bound, bound))
