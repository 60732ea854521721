"""The supervisor's hold on one child: its wires, what it was sent, and what it said.

It moves bytes and keeps the account of the jobs in the child's hands; what follows from a report,
a deadline or a death is decided in ``supervisor.py``. Nothing here blocks, and nothing unpickles.

The account. ``jobs`` are those sent and not ended, in order. A child begins them in order, and
writes each result before it takes the next token, so once the tokens are withdrawn and the pipe
is read, at most one job is left: the one that is running, or that is just about to.
"""

import os
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from enum import Enum

from ...domain.output import Progress
from ...domain.protocol.messages import FunctionBody
from . import launching, marker, progress
from .backlog import PIPELINED_SHARE, ROUNDING, Job
from .capture import Tail, Turn
from .entry import ChildSettings, Passed, child_main
from .frames import APART_BYTES, Chunk, Frames, Report, encode, split
from .gate import Gate
from .launching import PassedFd
from .library import Shelf
from .limits import ProcessLimits
from .marker import Marker
from .pipes import OUTPUT_PIPE_BYTES, RESULTS_PIPE_BYTES, pipe
from .runner import MORE

_FRAME_MARGIN = 4 * 1024 * 1024
"""What a report may have beside its result: texts, output and a pickled exception."""

_BELLS = 4096
"""So many of a child's bells are read at once."""


class Stage(Enum):
    """Where a child stands; only a READY one is given jobs."""

    STARTING = "starting"
    READY = "ready"
    LEAVING = "leaving"


class Child:
    """One child process, from before its start until after its death."""

    def __init__(self, path: Sequence[str], limits: ProcessLimits) -> None:
        """Start the process; raises OSError or EOFError where that fails."""
        self.stage = Stage.STARTING
        self.jobs: deque[Job] = deque()
        self.timed_out: Job | None = None
        self.sent_at = self.heard_at = time.monotonic()
        self.kill_at: float | None = None
        self.done = self.rss_kb = 0
        self.killed = self.dismissed = self.unreachable = False
        self.results_watched = self.output_watched = False
        self._buried = self._results_ended = False
        self._shelf = Shelf()
        self._number = 0
        self._load = 0.0
        self._progress: tuple[int, Progress] | None = None
        self._lifetime = limits.recycle_after or sys.maxsize
        self._unsent: deque[memoryview] = deque()
        self._frames = Frames(2 * limits.result_bytes + _FRAME_MARGIN)
        with ExitStack() as opened:
            self._start(path, limits, opened)
            self._wires = opened.pop_all()

    def _start(self, path: Sequence[str], limits: ProcessLimits, opened: ExitStack) -> None:
        """Open the wires and start the process on their other ends; ``opened`` are our ends."""
        self._gate = Gate()
        opened.callback(self._gate.close)
        with ExitStack() as theirs:
            self.channel, channel = socket.socketpair()
            opened.callback(self.channel.close)
            theirs.callback(channel.close)
            os.set_blocking(self.channel.fileno(), False)
            self.results, results = pipe(RESULTS_PIPE_BYTES, writer_blocks=False)
            self.output, output = pipe(OUTPUT_PIPE_BYTES, writer_blocks=True)
            for ours, their in ((self.results, results), (self.output, output)):
                opened.callback(os.close, ours)
                theirs.callback(os.close, their)
            shared = marker.shared_memory()
            opened.callback(os.close, shared)
            self._marker = Marker(shared)
            opened.callback(self._marker.close)
            self.tail = Tail(self.output, Turn(shared))
            passed = Passed(
                channel=PassedFd(channel.fileno()),
                results=PassedFd(results),
                gate=PassedFd(self._gate.reader),
                marker=PassedFd(shared),
                output_reader=PassedFd(self.output),
                output_writer=PassedFd(output),
            )
            settings = ChildSettings(tuple(path), limits, launching.parent_pid())
            self.process = launching.launch(child_main, passed, settings)
            self.pid = self.process.pid or 0

    # ------------------------------------------------------------ sending

    @property
    def idle(self) -> bool:
        """Return whether the child is ready and has nothing to do."""
        return self.stage is Stage.READY and not self.jobs

    @property
    def pipelines(self) -> bool:
        """Return whether a further message may be sent before the last one is done."""
        if self.stage is not Stage.READY or not self.jobs or self.jobs[0].began:
            return False  # nothing is put behind a job that lasts
        if self.jobs[-1].share <= PIPELINED_SHARE:
            return self._load <= 1.0 + ROUNDING and self.allowance > 0
        return self.jobs[-1].brief and len(self.jobs) == 1 and self.allowance > 0

    @property
    def allowance(self) -> int:
        """Return how many more jobs it may be given before it is replaced."""
        return self._lifetime - self.done - len(self.jobs)

    def send(self, jobs: Sequence[Job], functions: Mapping[str, FunctionBody]) -> bool:
        """Send jobs as one message; return False if some of it waits until the channel takes it."""
        first = self._number + 1
        needed: list[tuple[str, bytes, str]] = []
        tasks: list[tuple[int, str, bytes | memoryview]] = []
        for job in jobs:
            self._number += 1
            job.number = self._number
            digest = job.assignment.digest
            if not self._shelf.has(digest):
                body = functions[digest]
                needed.append((digest, body.payload, body.entry))
            tasks.append((job.number, digest, job.assignment.payload))
            self._load += job.share
        forget = self._shelf.clear({digest for _, digest, _ in tasks})
        self.jobs.extend(jobs)
        self.sent_at = time.monotonic()
        self._gate.give(range(first, self._number + 1))
        self._unsent.extend(map(memoryview, _pieces(needed, forget, tasks)))
        return self.flush()

    def flush(self) -> bool:
        """Write what the channel takes now; return whether nothing is left to write."""
        while self._unsent:
            try:
                sent = self.channel.send(self._unsent[0])
            except BlockingIOError:
                return False
            except OSError:  # the child is dying: its death is told by its sentinel
                self._unsent.clear()
                return True
            if sent == len(self._unsent[0]):
                self._unsent.popleft()
            else:
                self._unsent[0] = self._unsent[0][sent:]
        return True

    # ------------------------------------------------------------ receiving

    def bell(self) -> bool | None:
        """Read the bells: None if the child has closed its channel, else whether MORE comes."""
        more, count = False, _BELLS
        try:
            while count == _BELLS:  # fewer were all: no further call needs to say so
                bells = self.channel.recv(_BELLS)
                count, more = len(bells), bells.endswith(MORE)
        except BlockingIOError:
            return more
        except OSError:
            return None  # reset: the child has died with our message unread
        return more if count else None

    def receive(self) -> list[Report]:
        """Return the reports that have come; a child that writes nonsense becomes unreachable."""
        reports: list[Report] = []
        try:
            while True:
                room = self._frames.room()
                size = os.readv(self.results, [room])
                if not size:
                    self._results_ended = True
                    break
                self._frames.filled(size)
                reports += self._frames.reports()
                if size < len(room):
                    break
        except BlockingIOError:
            pass  # all that has come is read
        if reports:
            self.heard_at = time.monotonic()
        if self._frames.broken:
            self.unreachable = True
        return reports

    @property
    def receiving(self) -> bool:
        """Return whether the rest of a report should still come."""
        return self._frames.partial and not self._results_ended

    @property
    def results_ended(self) -> bool:
        """Return whether nobody holds the other end of the results pipe any more."""
        return self._results_ended

    def ended(self, number: int) -> Job | None:
        """Take out and return the job of this number, if the child has it."""
        for job in self.jobs:  # the first, unless one before it was withdrawn
            if job.number == number:
                self.jobs.remove(job)
                self.done += 1
                self._load = self._load - job.share if self.jobs else 0.0
                return job
        return None

    # ------------------------------------------------------------ who runs what

    def withdraw(self) -> list[Job]:
        """Take out and return, in order, all jobs that have not begun: they never will, here."""
        count = min(self._gate.withdraw(), len(self.jobs))
        taken = [self.jobs.pop() for _ in range(count)][::-1]
        self._load = sum(job.share for job in self.jobs)
        return taken

    def running(self) -> tuple[Job, float] | None:
        """Return the job that is running, and since how many ms; None between two jobs."""
        word = self._marker.read()
        now = time.monotonic_ns()
        for job in self.jobs:
            if marker.runs(word, job.number):
                return job, marker.elapsed_ms(word, now)
        return None

    def fresh_progress(self, job: Job) -> Progress | None:
        """Return how far a job says that it has come; None if it has said nothing new."""
        told = progress.read(self._marker.board)
        if told is None or told == self._progress or not marker.runs(told[0], job.number):
            return None
        self._progress = told
        return told[1]

    # ------------------------------------------------------------ the end

    def hang_up(self) -> None:
        """Close the channel for writing: an idle child ends itself."""
        self.stage = Stage.LEAVING
        self.dismissed = True
        with suppress(OSError):  # it was there first
            self.channel.shutdown(socket.SHUT_WR)

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the child and to all that it has started."""
        self.stage = Stage.LEAVING
        self.dismissed = True
        self.killed = self.killed or number is signal.SIGKILL
        if self._buried:
            return  # its pid may be somebody else's by now
        for send in (os.killpg, os.kill):
            try:
                send(self.pid, number)
            except (ProcessLookupError, PermissionError):
                continue  # no group yet (it is just starting), or all are gone
            return

    def bury(self) -> int | None:
        """After the death: end what the child has left running; return its exit code, if known."""
        code = launching.exit_code(self.process)
        self._buried = True
        with suppress(ProcessLookupError, PermissionError):
            # The pid may be new by now only if the group was empty, and only by a full turn of
            # the system's pids since.
            os.killpg(self.pid, signal.SIGKILL)
        return code

    def close(self) -> None:
        """Give everything back; the process must have died."""
        self.process.close()
        self._wires.close()


def _pieces(
    functions: list[tuple[str, bytes, str]],
    forget: list[str],
    tasks: list[tuple[int, str, bytes | memoryview]],
) -> tuple[bytes | bytearray | memoryview, ...]:
    """Return a message to a child; a long payload, which travels alone, as it is."""
    number, digest, payload = tasks[-1]
    if len(payload) < APART_BYTES:
        return (encode(Chunk(functions, forget, tasks)),)
    return split(Chunk(functions, forget, [*tasks[:-1], (number, digest, b"")]), payload)
