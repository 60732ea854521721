"""Tasks that wait for a child, and how many of them make one message.

Pure: no process, no clock. Many short tasks travel together, so that they do not cost a wake-up
each; a task of unknown length travels alone. Nothing here may reorder tasks.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from math import inf

from ...domain import policy
from ...domain.identifiers import Attempt
from ...domain.protocol.messages import Assignment

_MOST_TYPICAL = 4096
"""How many functions' run times are remembered; the one learnt first is forgotten."""

CHUNK_BYTES = 1024 * 1024
"""Payloads beyond this travel alone: copying them costs more than a wake-up."""

PIPELINED_SHARE = 0.5
"""Tasks of which at least two fit into a message are short: the next message of such tasks is sent
before the child has finished the last one, so that there is no gap between."""


ROUNDING = 1e-6
"""What sums of shares may be off by."""

BRIEF_MS = 20.0
"""A task that takes no longer may wait in its child, one behind another, so that the child need
not wait for us in between (0.4 ms: 4 % of 10 ms, and 2 to 3 ms on a busy machine). It is what a
task takes before it is said to last (``watch.py``): then what waits behind it is taken back."""


@dataclass(slots=True, eq=False)
class Job:
    """An assignment on its way through the supervisor.

    ``place`` is its place in the queue, ``number`` its number at the child that has it (0 while it
    waits), ``share`` the part of a message that it fills. ``brief``: it is known to be over soon.
    ``began``: Began was said. ``silent``: it was killed, and nothing may be said any more.
    ``bad_starts``: how many children died on its receipt.
    """

    assignment: Assignment
    place: int = 0
    number: int = 0
    share: float = 1.0
    brief: bool = False
    began: bool = False
    silent: bool = False
    bad_starts: int = 0

    def __lt__(self, other: "Job") -> bool:
        """Return whether this one came earlier."""
        return self.place < other.place

    @property
    def attempt(self) -> Attempt:
        """Return whose job this is."""
        return self.assignment.attempt


class Backlog:
    """A queue of jobs, and what is known about how long they take."""

    def __init__(self) -> None:
        """Start with nothing waiting and nothing known."""
        self._jobs: deque[Job] = deque()
        self._returned: list[Job] = []
        self._places = count()
        self._gone: set[Job] = set()
        self._typical: dict[str, float] = {}

    def __len__(self) -> int:
        """Return how many jobs wait."""
        return len(self._jobs) + len(self._returned) - len(self._gone)

    def push(self, job: Job) -> None:
        """Let a job wait behind all others."""
        job.place = next(self._places)
        self._jobs.append(job)

    def requeue(self, jobs: Iterable[Job]) -> None:
        """Let jobs wait again that no child has, each in its old place; they were first once."""
        for job in jobs:
            job.number = 0
            heappush(self._returned, job)

    def clear(self) -> None:
        """Let nothing wait any more."""
        self._jobs.clear()
        self._returned.clear()
        self._gone.clear()

    def discard(self, job: Job) -> None:
        """Take out a job that waits."""
        self._gone.add(job)

    def learn(self, digest: str, run_ms: float) -> None:
        """Record how long one task of a function took."""
        known = self._typical.get(digest)
        self._typical[digest] = policy.smoothed(known, run_ms)
        if known is None and len(self._typical) > _MOST_TYPICAL:
            del self._typical[next(iter(self._typical))]

    def starts_brief(self) -> bool:
        """Return whether the first job that waits is known to be over soon."""
        first = self._first()
        return first is not None and self._is_brief(first)

    def cut(self, most: int) -> list[Job]:
        """Take the jobs of the next message from the front: at least one, at most ``most``.

        Together they should take no longer than ``policy.CHUNK_GOAL_MS``.
        """
        jobs: list[Job] = []
        room, payload_bytes = 1.0, 0
        while len(jobs) < most and (job := self._first()) is not None:
            job.share, job.brief = self._share(job), self._is_brief(job)
            payload_bytes += len(job.assignment.payload)
            if jobs and (job.share > room + ROUNDING or payload_bytes > CHUNK_BYTES):
                break
            room -= job.share
            jobs.append(self._pop())
        return jobs

    def _share(self, job: Job) -> float:
        return 1.0 / policy.chunk(self._typical.get(job.assignment.digest))

    def _is_brief(self, job: Job) -> bool:
        return self._typical.get(job.assignment.digest, inf) <= BRIEF_MS

    def _first(self) -> Job | None:
        while (first := self._front()) is not None and first in self._gone:
            self._gone.discard(self._pop())
        return first

    def _front(self) -> Job | None:
        if self._returned:
            return self._returned[0]
        return self._jobs[0] if self._jobs else None

    def _pop(self) -> Job:
        return heappop(self._returned) if self._returned else self._jobs.popleft()
