"""What is due, and when: deadlines, long jobs, children that must end or no longer work.

One timer for all children, set to the first thing that is due. A child is looked at 20 ms after it
was sent something, which short jobs never live to see; then only if something is due, and twice a
second for its memory (if it is killed, nobody can ask it any more). What a job runs, and since
when, is read from the shared word (``marker.py``).
"""

import asyncio
import signal
import time
from collections.abc import Callable, Collection, Iterable, Sequence

from . import deaths
from .backlog import Job
from .handle import Child, Stage

LONG_MS = 20.0
"""A job that has run for so long is said to have begun, and none waits behind it any more."""

_MEMORY_S = 0.5
"""How often the memory of a child that runs a long job is looked at: 0.03 ms each time."""

LIVE_MS = 250.0
"""What a job that has run for so long shows is told while it runs, and how often at most."""

_STALLED_S = 5.0
"""A child that has work and has begun none of it for so long does not work any more."""

_NEVER_MS = 1e12


class Watch:
    """Looks after the children of one supervisor."""

    def __init__(
        self,
        children: Collection[Child],
        grace_s: float,
        hear: Callable[[Child], None],
        settle: Callable[[Child], None],
        lasts: Callable[[Child, Job, float], None],
        shows: Callable[[Child, Job], bool],
        feed: Callable[[], None],
    ) -> None:
        """Look at ``children``, a live collection, and call back.

        ``hear`` reads a child's reports; ``settle`` also takes back what it has not begun;
        ``lasts`` is told once of a job that lasts, with the ms that it has run; ``shows`` tells
        what such a job has shown, and returns whether that is anything new.
        """
        self._children = children
        self._grace_s = grace_s
        self._hear = hear
        self._settle = settle
        self._lasts = lasts
        self._shows = shows
        self._feed = feed
        self._timer: asyncio.TimerHandle | None = None
        self._at = 0.0

    def sent(self, child: Child, jobs: Sequence[Job]) -> None:
        """Take note of jobs that were sent to a child just now."""
        self._set(child.sent_at + min(LONG_MS, _shortest_ms(jobs)) / 1000)

    def kill_after(self, child: Child, delay_s: float) -> None:
        """Kill a child if it still lives then; it is not given any more jobs."""
        child.stage = Stage.LEAVING
        if child.kill_at is None:
            child.kill_at = time.monotonic() + delay_s
            self._set(child.kill_at)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self, at: float) -> None:
        """Look at ``at`` (time.monotonic), unless that is done earlier anyway."""
        if self._timer is not None:
            if self._at <= at:
                return
            self._timer.cancel()
        self._at = at
        delay_s = max(0.0, at - time.monotonic())
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._look)

    def _look(self) -> None:
        """Do for each child what is due, and come back when the next thing is."""
        self._timer = None
        for child in [*self._children]:
            at = self._look_after(child)
            if at is not None:
                self._set(at)
        self._feed()

    def _look_after(self, child: Child) -> float | None:
        """Do what is due for one child; return when to look again, None if there is no need."""
        now = time.monotonic()
        if child.kill_at is not None:
            if now >= child.kill_at and not child.killed:
                child.signal_group(signal.SIGKILL)
            return None if child.killed else child.kill_at
        self._hear(child)
        if not child.jobs:
            return None
        running = child.running()
        if running is not None:
            return self._look_at_job(child, *running, now)
        if now - max(child.sent_at, child.heard_at) < _STALLED_S:
            return now + LONG_MS / 1000
        self._settle(child)
        child.signal_group(signal.SIGKILL)
        return None

    def _look_at_job(self, child: Child, job: Job, ran_ms: float, now: float) -> float | None:
        timeout_ms = job.assignment.timeout_ms
        if timeout_ms is not None and ran_ms >= timeout_ms:
            self._time_out(child, job)
            return None
        left_ms = _NEVER_MS if timeout_ms is None else timeout_ms - ran_ms
        if ran_ms < LONG_MS:
            return now + min(left_ms, _shortest_ms(child.jobs), LONG_MS - ran_ms) / 1000
        if not (job.began or job.silent):
            job.began = True
            self._lasts(child, job, ran_ms)
        child.rss_kb = max(child.rss_kb, deaths.peak_rss_kb(child.pid))
        lively = ran_ms >= LIVE_MS and not job.silent and self._shows(child, job)
        return now + min(left_ms / 1000, LIVE_MS / 1000 if lively else _MEMORY_S)

    def _time_out(self, child: Child, job: Job) -> None:
        """Ask the job to end; its child is killed after the grace, whatever it does."""
        self._settle(child)
        if job in child.jobs and not job.silent:  # it has not ended at the last moment
            child.timed_out = job
            child.rss_kb = deaths.peak_rss_kb(child.pid) or child.rss_kb
            child.signal_group(signal.SIGTERM)
            self.kill_after(child, self._grace_s)


def _shortest_ms(jobs: Iterable[Job]) -> float:
    """Return the shortest timeout of these jobs."""
    bounds = [job.assignment.timeout_ms for job in jobs]
    return min([bound or _NEVER_MS for bound in bounds]) if any(bounds) else _NEVER_MS
