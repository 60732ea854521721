"""The supervisor: runs tasks in child processes of its own, and is never harmed by them.

It hands out jobs in messages that are worth their wake-up, knows which job each child is running,
enforces deadlines, stops what is cancelled, blames a death on the one job that was running, and
runs the others again. It lives on one event loop, never blocks it, never polls, and NEVER
unpickles: payloads are bytes.

docs/supervision.md tells it as a story, with the argument why nothing is lost or run twice.
"""

import asyncio
import signal
import time
from collections.abc import Iterable, Sequence

from ...domain.identifiers import Attempt
from ...domain.policy import CHUNK_MOST
from ...domain.ports import Began, Ended, ExecutorEvent
from ...domain.protocol.messages import Assignment, FunctionBody
from ...domain.task import Cause, Failure, Success
from . import deaths, importpath, launching
from .backlog import Backlog, Job
from .capture import TAIL_BYTES
from .frames import Report, Trouble
from .handle import Child, Stage
from .limits import ProcessLimits
from .nursery import READY_S, Nursery

LONG_S = 0.02
"""A job that has run for so long is said to have begun, and none waits behind it any more."""

_STALLED_S = 5.0
"""A child that has work and has not begun it after so long does not work any more."""

_UNREACHABLE_S = 0.2
"""Between a child's end of the channel closing and its death; one that lives longer is killed."""


class Supervisor:
    """The Executor that runs payloads in owned child processes."""

    def __init__(
        self,
        slots: int,
        *,
        worker: str,
        limits: ProcessLimits | None = None,
        path: tuple[str, ...] = (),
        grace_s: float = 0.5,
    ) -> None:
        """Run ``slots`` tasks at once, in children that find modules in the folders ``path`` too.

        ``worker`` is the name that failures carry. ``grace_s`` is what a task has between SIGTERM
        and SIGKILL at its deadline, and a child when all is closed.
        """
        if slots < 1:
            raise ValueError(f"slots must be at least 1, not {slots}")
        self._slots = slots
        self._worker = worker
        self._limits = limits or ProcessLimits()
        self._extra_path = path
        self._grace_s = grace_s
        self._functions: dict[str, bytes] = {}
        self._jobs: dict[Attempt, Job] = {}
        self._backlog = Backlog()
        self._nursery = Nursery(slots, self._limits, self._heard, self._died)
        self._events: list[ExecutorEvent] = []
        self._news = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._look_at = 0.0
        self._oom_kills = 0

    # ------------------------------------------------------------ the port

    @property
    def slots(self) -> int:
        """Return how many attempts run at once."""
        return self._slots

    async def start(self) -> None:
        """Start the children; raise ChildrenDoNotStart, and then nothing is left running."""
        self._loop = asyncio.get_running_loop()
        self._oom_kills = deaths.oom_kills()
        try:
            await self._nursery.start(importpath.of_this_process(self._extra_path))
        except BaseException:
            await self.close()
            raise

    def learn(self, functions: Sequence[FunctionBody]) -> None:
        """Keep functions, to be run by digest."""
        for function in functions:
            self._functions[function.digest] = function.payload

    def knows(self, digest: str) -> bool:
        """Return whether the function of this digest can be run now."""
        return digest in self._functions

    def execute(self, assignments: Sequence[Assignment]) -> None:
        """Run these, in order, as slots come free; one that is held already is left alone."""
        for assignment in assignments:
            if assignment.attempt in self._jobs:
                continue
            job = self._jobs[assignment.attempt] = Job(assignment)
            if assignment.digest in self._functions:
                self._backlog.push(job)
            else:
                message = f"the worker was never sent the function {assignment.digest}"
                self._fail(job, Trouble(Cause.INCOMPATIBLE, "UnknownFunction", message))
        self._feed()

    def take_back(self, attempts: Sequence[Attempt]) -> list[Attempt]:
        """Withdraw those that have not begun and certainly never will; return them."""
        taken = self._recall(attempts)
        self._feed()
        return [job.attempt for job in taken]

    def kill(self, attempts: Sequence[Attempt]) -> None:
        """Stop these at once, begun or not. No event follows for them."""
        self._recall(attempts)
        unwanted = set(attempts)
        self._events = [event for event in self._events if event.attempt not in unwanted]
        for attempt in attempts:
            job = self._jobs.pop(attempt, None)
            if job is not None:
                job.silent = True
        for child in self._nursery.children:
            if any(job.silent for job in child.jobs):
                child.signal_group(signal.SIGKILL)
        self._feed()

    async def events(self) -> list[ExecutorEvent]:
        """Wait for events and return all that are there, in order, never none."""
        while not self._events:
            self._news.clear()
            await self._news.wait()
        events, self._events = self._events, []
        return events

    async def close(self) -> None:
        """Stop everything; no process is left when it returns. May be repeated."""
        for job in self._jobs.values():
            job.silent = True
        self._jobs.clear()
        self._backlog = Backlog()
        if self._timer is not None:
            self._timer.cancel()
        await self._nursery.close(self._grace_s)

    # ------------------------------------------------------------ giving work

    def _feed(self) -> None:
        """Send what waits to the children that have room for it."""
        while self._backlog:
            child = self._free_child()
            if child is None:
                return
            most = min(CHUNK_MOST, -(-len(self._backlog) // self._slots))
            jobs = self._backlog.cut(most)
            if not child.send(jobs, self._functions):
                self._nursery.flush(child)
            soonest = min((job.assignment.timeout_ms or 1e9) for job in jobs) / 1000
            self._arm(child.sent_at + min(LONG_S, soonest))

    def _free_child(self) -> Child | None:
        """Return an idle child, or for short jobs the least busy of those that run short ones."""
        for child in self._nursery.children:
            if child.idle:
                return child
        if not self._backlog.starts_short():
            return None
        busy = [child for child in self._nursery.children if child.pipelines]
        return min(busy, key=lambda child: len(child.jobs), default=None)

    def _recall(self, attempts: Iterable[Attempt]) -> list[Job]:
        """Forget those of ``attempts`` that have not begun, and return them."""
        wanted = [job for attempt in attempts if (job := self._jobs.get(attempt)) is not None]
        sent = {job for job in wanted if job.number}
        if sent:
            for child in self._nursery.children:
                if not sent.isdisjoint(child.jobs):
                    self._settle(child)
        taken = [job for job in wanted if not job.number and job.attempt in self._jobs]
        for job in taken:
            self._backlog.discard(job)
            del self._jobs[job.attempt]
        return taken

    def _settle(self, child: Child) -> None:
        """Put back what it has not begun, hear what it has ended: one job is left, or none."""
        self._requeue(child.withdraw())
        self._hear(child)

    def _requeue(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            job.number = 0
        self._backlog.push_front(jobs)

    # ------------------------------------------------------------ what children say

    def _heard(self, child: Child) -> None:
        self._hear(child)
        self._feed()

    def _hear(self, child: Child) -> None:
        for report in child.receive():
            if report.number:
                self._on_report(child, report)
            elif child.stage is Stage.STARTING:
                self._nursery.is_ready(child)
        if child.unreachable and child.kill_at is None:
            child.stage = Stage.LEAVING
            child.kill_at = time.monotonic() + _UNREACHABLE_S
            self._arm(child.kill_at)

    def _on_report(self, child: Child, report: Report) -> None:
        if child.timed_out is not None and child.timed_out.number == report.number:
            return  # too late: its child is being stopped, and then it will be said
        job = child.ended(report.number)
        if job is None:
            return
        earlier = self._nursery.unwatch_output(child)
        if not job.silent:
            self._backlog.learn(job.assignment.digest, report.typical_ms)
            output = _joined(earlier, report.output)
            if report.trouble is None:
                self._end(job, Success(report.result, report.rss_kb, report.run_ms, output))
            else:
                self._fail(job, report.trouble, report.rss_kb, report.run_ms, output)
        self._consider_recycling(child, report)

    def _consider_recycling(self, child: Child, report: Report) -> None:
        limits = self._limits
        if report.retire:
            self._requeue(child.withdraw())
            child.signal_group(signal.SIGKILL)
            return
        used = limits.recycle_after is not None and child.done >= limits.recycle_after
        fat = limits.recycle_rss_kb is not None and report.rss_kb > limits.recycle_rss_kb
        if (used or fat) and child.stage is Stage.READY:
            self._requeue(child.withdraw())
            child.hang_up()
            child.kill_at = time.monotonic() + self._grace_s
            self._arm(child.kill_at)

    def _died(self, child: Child, code: int | None) -> None:
        """Account for what was in the hands of a child that is no more."""
        self._settle(child)
        running = child.running()
        for job in child.jobs:  # at most one
            if job.silent:
                continue
            if child.timed_out is not job and running is None:
                self._requeue([job])
                continue
            run_ms = running[1] if running else 0.0
            output = child.tail.take().decode("utf-8", "replace")
            self._fail(job, self._cause_of(child, job, code), child.rss_kb, run_ms, output)
        self._feed()

    def _cause_of(self, child: Child, job: Job, code: int | None) -> Trouble:
        if child.timed_out is job:
            return deaths.of_timeout(job.assignment.timeout_ms or 0)
        if launching.parent_is_gone(child.parent_pid):
            return deaths.of_lost_parent()
        if child.unreachable and child.killed:
            return deaths.of_closed_channel()
        earlier, self._oom_kills = self._oom_kills, deaths.oom_kills()
        return deaths.of_exit(code, out_of_memory=self._oom_kills > earlier)

    # ------------------------------------------------------------ outcomes

    def _fail(
        self, job: Job, trouble: Trouble, rss_kb: int = 0, run_ms: float = 0.0, output: str = ""
    ) -> None:
        try:
            cause = Cause(trouble.cause)
        except ValueError:
            cause = Cause.EXCEPTION  # the user's code wrote to the pipe: its word for it
        failure = Failure(
            cause=cause,
            type=trouble.type,
            message=trouble.message,
            traceback=trouble.traceback,
            exception=trouble.exception,
            exit_code=trouble.exit_code,
            signal=trouble.signal,
            peak_rss_kb=rss_kb,
            run_ms=run_ms,
            worker=self._worker,
            attempt=job.attempt.number,
            output=output,
        )
        self._end(job, failure)

    def _end(self, job: Job, outcome: Success | Failure) -> None:
        del self._jobs[job.attempt]
        self._say(Ended(job.attempt, outcome))

    def _say(self, event: ExecutorEvent) -> None:
        self._events.append(event)
        self._news.set()

    # ------------------------------------------------------------ time

    def _arm(self, at: float) -> None:
        """Look at the children at ``at`` (time.monotonic), unless that is done earlier anyway."""
        if self._timer is not None:
            if self._look_at <= at:
                return
            self._timer.cancel()
        self._look_at = at
        self._timer = self._loop.call_later(max(0.0, at - time.monotonic()), self._look)

    def _look(self) -> None:
        """Do for each child what is due, and come back when the next thing is."""
        self._timer = None
        for child in list(self._nursery.children):
            at = self._look_after(child)
            if at is not None:
                self._arm(at)
        self._feed()

    def _look_after(self, child: Child) -> float | None:
        """Do what is due for one child; return when to look again, None if there is no need."""
        now = time.monotonic()
        if child.stage is Stage.STARTING:
            child.kill_at = child.born_at + READY_S
        if child.kill_at is not None:
            if now < child.kill_at:
                return child.kill_at
            if not child.killed:
                child.signal_group(signal.SIGKILL)
            return None
        self._hear(child)
        if not child.jobs:
            return None
        running = child.running()
        if running is None:
            if now - max(child.sent_at, child.heard_at) > _STALLED_S:
                self._settle(child)
                child.signal_group(signal.SIGKILL)
                return None
            return now + LONG_S
        return self._look_at_job(child, *running, now)

    def _look_at_job(self, child: Child, job: Job, ran_ms: float, now: float) -> float | None:
        timeout_ms = job.assignment.timeout_ms
        if timeout_ms is not None and ran_ms >= timeout_ms:
            self._settle(child)
            if job in child.jobs and not job.silent:
                child.timed_out = job
                child.signal_group(signal.SIGTERM)
                child.kill_at = now + self._grace_s
            return child.kill_at
        left_ms = float("inf") if timeout_ms is None else timeout_ms - ran_ms
        if ran_ms < LONG_S * 1000:
            soonest = min((other.assignment.timeout_ms or 1e9) for other in child.jobs)
            return now + min(left_ms, soonest, LONG_S * 1000 - ran_ms) / 1000
        if not job.began and not job.silent:
            self._requeue(child.withdraw())
            self._nursery.watch_output(child)
            job.began = True
            self._say(Began(job.attempt, ran_ms))
        return None if timeout_ms is None else now + left_ms / 1000


def _joined(earlier: bytes, later: str) -> str:
    """Return two parts of one output, cut to the tail."""
    if not earlier:
        return later
    both = earlier + later.encode()
    return both[-TAIL_BYTES:].decode("utf-8", "replace")
