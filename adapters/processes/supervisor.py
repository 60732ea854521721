"""The supervisor: runs tasks in child processes of its own, and is never harmed by them.

It hands out jobs in messages that are worth their wake-up, knows which job each child is running,
enforces deadlines, stops what is cancelled, blames a death on the one job that was running, and
runs the others again. It lives on one event loop, never blocks it, never polls, and NEVER
unpickles: payloads are bytes.

docs/supervision.md tells it as a story, with the argument why nothing is lost or run twice.
"""

import signal
from collections.abc import Iterable, Sequence

from ...domain.identifiers import Attempt
from ...domain.ports import Began, Ended, ExecutorEvent
from ...domain.protocol.messages import Assignment, FunctionBody
from ...domain.task import Cause, Outcome, Success
from . import deaths, importpath, outcomes
from .backlog import Backlog, Job
from .feeding import Feeding
from .frames import Report, Trouble
from .handle import Child, Stage
from .library import Library
from .limits import ProcessLimits
from .nursery import Nursery
from .watch import Watch

_UNREACHABLE_S = 0.2
"""Between the end of a child's channel and its death; one that lives on is killed."""

_BAD_STARTS = 3
"""A job with which so many children died before they could begin it is to blame after all."""


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
        and SIGKILL at its deadline, and a child when it is asked to end.
        """
        if slots < 1:
            raise ValueError(f"slots must be at least 1, not {slots}")
        self._slots = slots
        self._worker = worker
        self._limits = limits or ProcessLimits()
        self._extra_path = path
        self._grace_s = grace_s
        self._library = Library()
        self._jobs: dict[Attempt, Job] = {}
        self._backlog = Backlog()
        self._nursery = Nursery(slots, self._limits, self._heard, self._died)
        self._events = outcomes.Events()
        self._watch = Watch(
            self._nursery.children,
            grace_s,
            self._hear,
            self._settle,
            self._lasts,
            self._events.say_piece,
            self._feed,
        )
        self._feeding = Feeding(self._backlog, self._nursery.children, self._library, self._sent)
        self._coroner = deaths.Coroner()

    # ------------------------------------------------------------ the port

    @property
    def slots(self) -> int:
        """Return how many attempts run at once."""
        return self._slots

    @property
    def limits(self) -> ProcessLimits:
        """Return what one child may use."""
        return self._limits

    async def start(self) -> None:
        """Start the children; raise ChildrenDoNotStart, and then nothing is left running."""
        try:
            await self._nursery.start(importpath.of_this_process(self._extra_path))
        except BaseException:
            await self.close()
            raise

    def learn(self, functions: Sequence[FunctionBody]) -> None:
        """Keep functions, to be run by digest."""
        self._library.learn(
            functions, lambda: {job.assignment.digest for job in self._jobs.values()}
        )

    def knows(self, digest: str) -> bool:
        """Return whether the function of this digest can be run now."""
        return digest in self._library

    def execute(self, assignments: Sequence[Assignment]) -> None:
        """Run these, in order, as slots come free; one that is held already is left alone."""
        for assignment in assignments:
            if assignment.attempt in self._jobs:
                continue
            job = self._jobs[assignment.attempt] = Job(assignment)
            if assignment.digest in self._library:
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
        self._events.unsay(set(attempts))
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
        return await self._events.hear()

    async def close(self) -> None:
        """Stop everything; no process is left when it returns. May be repeated."""
        for job in self._jobs.values():
            job.silent = True
        self._jobs.clear()
        self._backlog.clear()
        await self._nursery.close(self._grace_s)
        self._watch.stop()

    # ------------------------------------------------------------ giving work

    def _feed(self) -> None:
        self._feeding.feed(self._slots)

    def _sent(self, child: Child, jobs: Sequence[Job], whole: bool) -> None:  # noqa: FBT001 - told
        if not whole:
            self._nursery.flush(child)
        self._watch.sent(child, jobs)

    def _recall(self, attempts: Iterable[Attempt]) -> list[Job]:
        """Forget those of ``attempts`` that have not begun, and return them."""
        wanted = [job for attempt in attempts if (job := self._jobs.get(attempt)) is not None]
        sent = {job for job in wanted if job.number}
        for child in self._nursery.children if sent else ():
            if not sent.isdisjoint(child.jobs):
                self._settle(child)
        taken = [job for job in wanted if not job.number and job.attempt in self._jobs]
        for job in taken:
            self._backlog.discard(job)
            del self._jobs[job.attempt]
        return taken

    def _settle(self, child: Child) -> None:
        """Put back what it has not begun, hear what it has ended: one job is left, or none."""
        self._backlog.requeue(child.withdraw())
        self._hear(child)

    # ------------------------------------------------------------ what children say

    def _heard(self, child: Child) -> None:
        self._hear(child)
        self._feed()

    def _hear(self, child: Child) -> None:
        for report in child.receive():
            if report.number:
                self._on_report(child, report)
            elif report.retire:  # a task has left it in another state than it found it
                self._backlog.requeue(child.withdraw())
                child.signal_group(signal.SIGKILL)
            elif child.stage is Stage.STARTING:
                self._nursery.is_ready(child)
        if child.unreachable:
            self._watch.kill_after(child, _UNREACHABLE_S)

    def _on_report(self, child: Child, report: Report) -> None:
        if child.timed_out is not None and child.timed_out.number == report.number:
            return  # too late: its child is being stopped, and then the timeout is told
        job = child.ended(report.number)
        if job is None:
            return
        child.rss_kb = report.rss_kb
        if job.began and not job.silent:
            self._events.say_rest(child, job, report.output.encode())
        earlier = self._nursery.unwatch_output(child) if child.output_watched else b""
        if not job.silent:
            self._backlog.learn(job.assignment.digest, report.typical_ms)
            output = outcomes.whole_output(earlier, report.output)
            if report.trouble is None:
                done = Success(report.result, report.rss_kb, report.run_ms, output)
                self._end(job, done)
            else:
                self._fail(job, report.trouble, report.rss_kb, report.run_ms, output)
        if self._limits.used_up(child.done, report.rss_kb):
            self._recycle(child)

    def _recycle(self, child: Child) -> None:
        """Let a child end once it has done what it has begun."""
        self._backlog.requeue(child.withdraw())
        child.hang_up()
        if not child.jobs:
            self._watch.kill_after(child, self._grace_s)

    def _lasts(self, child: Child, job: Job, ran_ms: float) -> None:
        """Let nothing wait behind a job that lasts."""
        self._backlog.requeue(child.withdraw())
        self._nursery.watch_output(child)
        self._events.say(Began(job.attempt, ran_ms))

    def _died(self, child: Child, code: int | None) -> bool:
        """Account for what a dead child had in its hands; return whether a job was to blame."""
        given = [*child.jobs]
        self._settle(child)
        running = child.running()
        blamed = False
        for job in [*child.jobs]:  # one, or none
            if job.silent:
                blamed = True
            elif running is not None or child.timed_out is job:
                blamed = True
                self._blame(child, job, code, running[1] if running else 0.0)
            else:
                self._backlog.requeue([job])
        if given and not (blamed or child.done or child.dismissed):
            given[0].bad_starts += 1
            if given[0].bad_starts >= _BAD_STARTS:
                blamed = True
                self._backlog.discard(given[0])
                self._blame(child, given[0], code, 0.0)
        self._feed()
        return blamed

    def _blame(self, child: Child, job: Job, code: int | None, run_ms: float) -> None:
        if child.timed_out is job:
            timeout_ms = job.assignment.timeout_ms or 0
            trouble = deaths.of_timeout(timeout_ms)
            run_ms = max(run_ms, float(timeout_ms))  # it may have ended within the grace
        elif code is None:
            trouble = deaths.of_lost_parent()
        elif child.unreachable and child.killed:
            trouble = deaths.of_closed_channel()
        else:
            trouble = self._coroner.of_exit(code)
        self._events.say_rest(child, job)
        output = child.tail.take().decode("utf-8", "replace")
        self._fail(job, trouble, child.rss_kb, run_ms, output)

    # ------------------------------------------------------------ outcomes

    def _fail(
        self, job: Job, trouble: Trouble, rss_kb: int = 0, run_ms: float = 0.0, output: str = ""
    ) -> None:
        outcome = outcomes.failure(
            trouble, job.attempt, self._worker, rss_kb=rss_kb, run_ms=run_ms, output=output
        )
        self._end(job, outcome)

    def _end(self, job: Job, outcome: Outcome) -> None:
        attempt = job.assignment.attempt
        del self._jobs[attempt]
        self._events.say(Ended(attempt, outcome))
