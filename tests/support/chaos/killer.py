"""Carries out a plan of faults against a fleet, and notes what it did and when it was over.

It kills, stops and continues, and starts again what is dead, as a process manager would. It
watches itself: where this machine keeps even this loop from running, that is a fault too.
"""

import heapq
import os
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count

from tests.support.chaos.fleet import Fleet, Part
from tests.support.chaos.history import Deed, Fault, Run
from tests.support.chaos.plan import Strike

STEP_S = 0.02
STALL_S = 0.75
"""A step that takes longer than this is noted: then others have stood still as well."""

RECOVERY_S = 60.0
"""After the last fault every part must be back within this time."""


@dataclass(slots=True)
class _Open:
    """A fault that is not over: ``back_at`` says when the part was back, None if it is not."""

    fault: Fault
    key: object
    back_at: Callable[[], float | None]


@dataclass(slots=True)
class Killer:
    """One plan's executioner; ``runs`` tells which tasks run right now."""

    fleet: Fleet
    runs: Callable[[], Sequence[Run]]
    faults: list[Fault] = field(default_factory=list[Fault])
    oddities: list[str] = field(default_factory=list[str])
    passed_over: int = 0
    _open: list[_Open] = field(default_factory=list[_Open])
    _due: list[tuple[float, int, Callable[[], None]]] = field(
        default_factory=list[tuple[float, int, Callable[[], None]]]
    )
    _numbers: "count[int]" = field(default_factory=count)

    def carry_out_in_turn(self, groups: Sequence[Sequence[Strike]]) -> None:
        """Carry out one group of strikes after another, each when every part is back."""
        for group in groups:
            self.carry_out(group)

    def carry_out(self, strikes: Sequence[Strike]) -> None:
        """Return when all faults are over and every part is back."""
        began = time.monotonic()
        for strike in strikes:
            self._at(began + strike.after, partial(self._strike, strike))
        give_up = began + (strikes[-1].after if strikes else 0) + RECOVERY_S
        while self._due or self._open:
            self._mind_the_machine()
            now = time.monotonic()
            assert now < give_up, f"not back after {RECOVERY_S:g} s: {self._open}"
            while self._due and self._due[0][0] <= now:
                heapq.heappop(self._due)[2]()
            self._look_who_is_back()
            self._look_who_died()

    def _mind_the_machine(self) -> None:
        """Sleep for a step; if it takes far too long, every process here has stood still."""
        before = time.monotonic()
        time.sleep(STEP_S)
        after = time.monotonic()
        if after - before > STALL_S:
            self.faults.append(Fault(Deed.STALL, "machine", before, after))

    def _at(self, moment: float, deed: Callable[[], None]) -> None:
        heapq.heappush(self._due, (moment, next(self._numbers), deed))

    # ------------------------------------------------------------ faults

    def _strike(self, strike: Strike) -> None:
        if strike.part == "redis":
            self._hit_redis(strike)
        elif strike.part == "child":
            self._kill_child(strike)
        else:
            parts = [part for part in self.fleet.of(strike.part) if not self._is_hit(part)]
            if not parts:
                self.passed_over += 1
            else:
                self._hit_part(strike, parts[int(strike.choice * len(parts))])

    def _hit_part(self, strike: Strike, part: Part) -> None:
        family = part.family() if part.kind != "api" else []
        pids = frozenset([part.process.pid, *(each.pid for each in family)])
        served = self.fleet.served_by(part)
        at = time.monotonic()
        fault = Fault(strike.deed, part.kind, at, at, pids, served)
        if strike.deed is Deed.KILL:
            part.process.kill()
            dead = part.process

            def back_at() -> float | None:
                is_back = part.process is not dead and part.is_back()
                return time.monotonic() if is_back else None

            self._open.append(_Open(fault, part, back_at))
            self._at(at + strike.lasts, lambda: self.fleet.start(part))
            return
        frozen = [part.process.pid, *(each.pid for each in family if strike.whole)]
        woken: list[float] = []
        _signal_all(frozen, signal.SIGSTOP)
        self._open.append(_Open(fault, part, lambda: woken[0] if woken else None))

        def wake() -> None:
            woken.append(time.monotonic())  # before it can do anything
            _signal_all(reversed(frozen), signal.SIGCONT)

        self._at(at + strike.lasts, wake)

    def _kill_child(self, strike: Strike) -> None:
        hit = frozenset(pid for each in self._open for pid in each.fault.pids)
        pids = sorted({run.pid for run in self.runs() if run.ended is None} - hit)
        alive = [pid for pid in pids if _is_alive(pid)]
        if not alive:
            self.passed_over += 1
            return
        pid = alive[int(strike.choice * len(alive))]
        at = time.monotonic()
        _signal_all([pid], signal.SIGKILL)
        fault = Fault(strike.deed, "child", at, at, frozenset([pid]))
        self._open.append(_Open(fault, pid, lambda: at))

    def _hit_redis(self, strike: Strike) -> None:
        redis = self.fleet.redis
        if self._is_hit(redis):
            self.passed_over += 1
            return
        at = time.monotonic()
        back: list[float] = []
        fault = Fault(strike.deed, "redis", at, at)
        self._open.append(_Open(fault, redis, lambda: back[0] if back else None))
        if strike.deed is Deed.KILL:
            redis.kill()
        else:
            redis.pause()

        def bring_back() -> None:
            if strike.deed is Deed.KILL:
                redis.start()
            else:
                redis.resume()
            back.append(time.monotonic())

        self._at(at + strike.lasts, bring_back)

    # ------------------------------------------------------------ what follows

    def _is_hit(self, key: object) -> bool:
        return any(each.key is key for each in self._open)

    def _look_who_is_back(self) -> None:
        for each in list(self._open):
            over = each.back_at()
            if over is not None:
                self._open.remove(each)
                self.faults.append(replace(each.fault, over=over))

    def _look_who_died(self) -> None:
        for part in self.fleet.dead():
            if not self._is_hit(part):
                self.oddities.append(f"{part.module} ended by itself with {part.process.exit_code}")
                self.fleet.start(part)


def _signal_all(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # a child may have ended, or been ended, meanwhile
            os.kill(pid, number)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
