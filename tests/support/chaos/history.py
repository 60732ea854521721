"""What a chaos run leaves behind: everything that clients, tasks and the killer saw, and when.

Plain values, so that the checker is a pure function over them and its tests can make them up. All
times are seconds of one machine's monotonic clock, which every process on it shares.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

ENDED = frozenset({"COMPLETED", "FAILED"})


class Kind(StrEnum):
    """What a task does: nothing, sleep, sleep for longer than a lease, raise, carry much."""

    QUICK = "quick"
    SHORT = "short"
    LONG = "long"
    LASTING = "lasting"
    RAISES = "raises"
    LARGE = "large"


@dataclass(frozen=True, slots=True)
class Submission:
    """One wish to have a task run. ``task_id`` is None unless it was acknowledged with a 2xx.

    Without an acknowledgement nobody knows whether the task exists: it may run, or not.
    """

    name: str
    kind: Kind
    expected: str
    sent: float
    answered: float
    task_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What one request about a task answered. ``shown`` is what came with it, in words.

    ``route`` is ``status`` or ``result``: only the latter says more than the status.
    """

    task_id: str
    route: str
    asked: float
    answered: float
    status: str
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a task, as it wrote it down itself.

    ``pid`` is the child's and ``parent`` that of the forkserver, the same for all children of a
    worker. ``seen`` is its last sign of life; ``ended`` is None if it never came to its end.
    """

    name: str
    pid: int
    parent: int
    began: float
    seen: float
    ended: float | None = None


class Deed(StrEnum):
    """What the killer does: SIGKILL, or SIGSTOP and later SIGCONT; STALL is the machine's own."""

    KILL = "kill"
    STOP = "stop"
    STALL = "stall"


@dataclass(frozen=True, slots=True)
class Fault:
    """A part (api, dispatcher, worker, child, redis) was hit at ``at``; ``over`` when it was back.

    ``pids`` are the processes that were hit or die with it: who ran a task in one of them, or
    below one of them, was hit too. ``served`` are those of the workers of a dispatcher that was
    hit: they live on, but nobody renews their leases.
    """

    deed: Deed
    part: str
    at: float
    over: float
    pids: frozenset[int] = frozenset()
    served: frozenset[int] = frozenset()

    @property
    def lasted(self) -> float:
        """Return how long the part was away, in seconds."""
        return self.over - self.at

    def hit(self, run: Run) -> bool:
        """Return whether the run's process was hit, or dies with what was hit."""
        return run.pid in self.pids or run.parent in self.pids

    def left_alone(self, run: Run) -> bool:
        """Return whether the leases of the run's holder were not renewed while this lasted."""
        if self.part == "redis":
            return True
        return self.part == "dispatcher" and (
            self.hit(run) or run.pid in self.served or run.parent in self.served
        )


@dataclass(frozen=True, slots=True)
class Account:
    """What the store says of a task in the end: its attempts, and what was charged for them.

    ``tries`` tells each attempt in words, if there was more than one: to be read, not judged.
    """

    attempts: int
    retries: int = 0
    strikes: int = 0
    losses: int = 0
    tries: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class History:
    """One chaos run. ``oddities`` are answers and deaths that must not happen, in words."""

    mode: str
    began: float
    ended: float
    submissions: Sequence[Submission] = ()
    readings: Sequence[Reading] = ()
    runs: Sequence[Run] = ()
    faults: Sequence[Fault] = ()
    accounts: Mapping[str, Account] = field(default_factory=dict[str, Account])
    oddities: Sequence[str] = ()

    def acknowledged(self) -> list[tuple[Submission, str]]:
        """Return the submissions that were acknowledged, with their tasks' ids."""
        return [(s, s.task_id) for s in self.submissions if s.task_id is not None]

    def runs_by_name(self) -> dict[str, list[Run]]:
        """Return every task's runs, in the order in which they began."""
        found: dict[str, list[Run]] = {}
        for run in sorted(self.runs, key=lambda each: each.began):
            found.setdefault(run.name, []).append(run)
        return found

    def readings_by_task(self) -> dict[str, list[Reading]]:
        """Return what was read of every task, in the order of the answers."""
        found: dict[str, list[Reading]] = {}
        for reading in sorted(self.readings, key=lambda each: each.answered):
            found.setdefault(reading.task_id, []).append(reading)
        return found


def runs_of_log(text: str) -> list[Run]:
    """Return the runs that a side-effect log tells of: ``EVENT NAME PID PARENT NONCE TIME`` each.

    A child that is killed cannot tear a line: each is one write to a file opened to append.
    """
    runs: dict[tuple[str, int, int], Run] = {}
    for event, name, pid, parent, nonce, at in _words(text):
        key = (name, int(pid), int(nonce))
        moment = float(at)
        if event == "began":
            runs[key] = Run(name, int(pid), int(parent), moment, moment)
        elif event == "lives":
            runs[key] = replace(runs[key], seen=moment)
        else:
            runs[key] = replace(runs[key], seen=moment, ended=moment)
    return list(runs.values())


def _words(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        words = line.split()
        if len(words) != 6:
            raise ValueError(f"the side-effect log has a torn line: {line!r}")
        yield words
