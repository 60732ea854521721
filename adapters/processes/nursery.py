"""Keeps as many children alive as there are slots: starts them, listens to them, replaces them.

It connects each child's descriptors to the event loop and tells the supervisor, through two
callbacks, that a child has said something or has died. It knows nothing of tasks. Children that
die before they have done anything are replaced ever more slowly: a broken installation must not
become a storm of forks.
"""

import asyncio
import logging
import signal
from collections.abc import Callable, Sequence
from typing import Final

from ...domain.errors import GoferError
from ...domain.policy import doubling_ms
from . import launching
from .handle import Child, Stage
from .limits import ProcessLimits

_log = logging.getLogger(__name__)

READY_S: Final = 60.0
"""How long a child may take to start before it is given up."""

_RESTART_MS = (100, 10_000)
_START_TRIES = 3
_SWEEPS_S = (0.0, 0.05, 0.2, 1.0)
"""When, after a child's death, what it has left is looked for: its group's orphans come later."""

_SWEEPS_AT_CLOSE = 100
_KILLED_S = 10.0
"""How long the kernel may take to end a killed process before we stop waiting for it."""


class ChildrenDoNotStart(GoferError):
    """Child processes die, or say nothing, before they can take their first task."""

    def __init__(self, last_words: str) -> None:
        """Record the ``last_words``: what the last of them wrote, or why it was not started."""
        self.last_words = last_words
        super().__init__(f"the child processes do not start: {last_words or 'no word from them'}")


class Nursery:
    """The children of one supervisor."""

    def __init__(
        self,
        slots: int,
        limits: ProcessLimits,
        heard: Callable[[Child], None],
        died: Callable[[Child, int | None], bool],
    ) -> None:
        """Call ``heard`` when a child may have reported, ``died`` with its exit code.

        ``died`` returns whether a task was the cause; if none was, the child itself is at fault.
        """
        self.children: set[Child] = set()
        self._slots = slots
        self._limits = limits
        self._heard = heard
        self._died = died
        self._path: Sequence[str] = ()
        self._patience: dict[Child, asyncio.TimerHandle] = {}
        self._timers: set[asyncio.TimerHandle] = set()
        self._early_deaths = 0
        self._last_words = ""
        self._changed = asyncio.Event()
        self._open = False

    async def start(self, path: Sequence[str]) -> None:
        """Start all children, with this ``sys.path``, and wait until each can take a task."""
        self._loop = asyncio.get_running_loop()
        self._path = path
        self._open = True
        launching.retain()
        for _ in range(self._slots):
            self._hire()
        try:
            async with asyncio.timeout(READY_S):
                while sum(child.stage is Stage.READY for child in self.children) < self._slots:
                    if self._early_deaths >= _START_TRIES:
                        raise ChildrenDoNotStart(self._last_words)
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise ChildrenDoNotStart(self._last_words) from None

    def is_ready(self, child: Child) -> None:
        """Take note that a child can be given tasks."""
        child.stage = Stage.READY
        self._patience.pop(child).cancel()
        self._changed.set()

    def flush(self, child: Child) -> None:
        """Send the rest of a message as the channel takes it."""
        if child.flush():
            self._loop.remove_writer(child.channel)
        else:
            self._loop.add_writer(child.channel, self.flush, child)

    def watch_output(self, child: Child) -> None:
        """Keep a child's output pipe from filling up, until ``unwatch_output``."""
        if not child.output_watched:
            child.output_watched = True
            self._loop.add_reader(child.output, self._on_output, child)

    def unwatch_output(self, child: Child) -> bytes:
        """Stop, and return the tail of what came."""
        if not child.output_watched:
            return b""
        child.output_watched = False
        self._loop.remove_reader(child.output)
        return child.tail.take()

    async def close(self, grace_s: float) -> None:
        """Ask all children to end, kill those that have not after ``grace_s``; wait for all."""
        if not self._open:
            return
        self._open = False
        for timer in self._timers:
            timer.cancel()
        for child in list(self.children):
            child.hang_up()
            if child.jobs:
                child.signal_group(signal.SIGTERM)
        if not await self._all_gone(grace_s):
            for child in self.children:
                child.signal_group(signal.SIGKILL)
            if not await self._all_gone(_KILLED_S):
                _log.error("%d killed children have not ended", len(self.children))
        await self._sweep_out()
        launching.release()

    async def _all_gone(self, within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                while self.children:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    # ------------------------------------------------------------ one child

    def _hire(self) -> None:
        try:
            child = Child(self._path, self._limits)
        except Exception as error:  # noqa: BLE001 - whatever it is, a slot must not be lost to it
            self._early_death(f"{type(error).__name__}: {error}")
            return
        self.children.add(child)
        self._loop.add_reader(child.channel, self._on_channel, child)
        self._loop.add_reader(child.process.sentinel, self._on_death, child)
        kill = self._loop.call_later(READY_S, child.signal_group, signal.SIGKILL)
        self._patience[child] = kill

    def _on_channel(self, child: Child) -> None:
        more = child.bell()
        if more is None:  # it is dying, or the user's code has closed what is ours
            self._loop.remove_reader(child.channel)
            child.unreachable = True
        self._read_results(child, more=bool(more))

    def _read_results(self, child: Child, *, more: bool) -> None:
        self._heard(child)
        wanted = (more or child.receiving) and not child.results_ended
        if wanted and not child.results_watched:
            self._loop.add_reader(child.results, self._on_results, child)
        elif child.results_watched and not wanted:
            self._loop.remove_reader(child.results)
        child.results_watched = wanted

    def _on_results(self, child: Child) -> None:
        self._read_results(child, more=True)  # until the bell says that it was all

    def _on_output(self, child: Child) -> None:
        if not child.tail.drain():
            self._loop.remove_reader(child.output)

    def _on_death(self, child: Child) -> None:
        for fd in (child.channel, child.process.sentinel, child.results, child.output):
            self._loop.remove_reader(fd)
        self._loop.remove_writer(child.channel)
        code = child.bury()
        self.children.discard(child)
        patience = self._patience.pop(child, None)
        if patience is not None:
            patience.cancel()
        child.tail.drain()
        starting = child.stage is Stage.STARTING
        blamed = self._died(child, code)
        early = starting or not (blamed or child.done or child.dismissed)
        words = child.tail.take().decode("utf-8", "replace").strip()
        child.close()
        self._changed.set()
        if not self._open:
            return
        self._sweep()
        if early:
            self._early_death(words or f"exit code {code}")
        else:
            self._early_deaths = 0
            self._hire()

    def _sweep(self) -> None:
        """Kill what a dead child has left, now and for a while."""
        for delay_s in _SWEEPS_S:
            self._later(delay_s, launching.kill_orphans)

    def _later(self, delay_s: float, do: Callable[[], object]) -> None:
        """Do something later, unless we are closed before."""

        def act() -> None:
            self._timers.discard(timer)
            do()

        timer = self._loop.call_later(delay_s, act)
        self._timers.add(timer)

    async def _sweep_out(self) -> None:
        """Kill what dead children have left until there is nothing more."""
        for _ in range(_SWEEPS_AT_CLOSE):
            launching.kill_orphans()
            await asyncio.sleep(0.005)  # the kernel ends them, and gives us their children
            if not launching.kill_orphans():
                break

    def _early_death(self, last_words: str) -> None:
        delay_s = doubling_ms(_RESTART_MS, self._early_deaths, 0.0) / 1000
        self._early_deaths += 1
        self._last_words = last_words
        _log.error(
            "a child died before its first task; next try in %.1f s: %s", delay_s, last_words
        )
        self._changed.set()
        if self._open:
            self._later(delay_s, self._hire)
