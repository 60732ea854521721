"""Runs functions for real, each on a thread of the test's own process.

So a test needs no child process, and mocks and fixtures of the test reach the functions. A thread
cannot be stopped: a task that was cancelled runs on, and its outcome is dropped. Must never be
used for work.
"""

import asyncio
import threading
from contextlib import suppress

from ...adapters.memory.executor import InlineExecutor
from ...domain.identifiers import Attempt
from ...domain.protocol.messages import Assignment, FunctionBody
from ...domain.task import Outcome
from .outcomes import run_here


class ThreadExecutor(InlineExecutor):
    """An executor whose tasks run on daemon threads, at most ``slots`` at once."""

    def __init__(self, slots: int, result_limit_bytes: int) -> None:
        """Fail results over the limit as a worker does."""
        super().__init__(self._begin, slots)
        self._result_limit_bytes = result_limit_bytes

    def _begin(self, function: FunctionBody, assignment: Assignment) -> None:
        loop = asyncio.get_running_loop()
        threading.Thread(
            target=self._in_thread,
            args=(loop, function, assignment),
            name=f"gofer-task-{assignment.attempt}",
            daemon=True,  # a function that never returns must not keep the test run from ending
        ).start()

    def _in_thread(
        self, loop: asyncio.AbstractEventLoop, function: FunctionBody, assignment: Assignment
    ) -> None:
        outcome = run_here(function, assignment, self._result_limit_bytes)
        with suppress(RuntimeError):  # the loop is closed: the test is over, nobody waits
            loop.call_soon_threadsafe(self._ended, assignment.attempt, outcome)

    def _ended(self, attempt: Attempt, outcome: Outcome) -> None:
        with suppress(KeyError):  # it was cancelled meanwhile: its outcome is of no use
            self.finish(attempt, outcome)
