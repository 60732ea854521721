"""When the dispatcher next renews, reaps, claims and listens: one of each under way at a time.

Claims follow hints (the doorbell, room that came free, a delayed task that is due) over a poll
with a deadline: a lost hint costs a moment, never a task. Leases are renewed before any are
reaped, so that after an outage of the store nobody takes back what still runs; and a dispatcher
that has just started reaps only after ``silence_ms``, so that workers which outlived the last one
can be adopted first, and what they finished meanwhile is not run again.
"""

from collections.abc import Callable, Iterator
from math import inf

from ..identifiers import Attempt
from ..policy import BATCH, Timers
from .effects import CallClaim, CallListen, CallReap, CallRenew

CLAIM_MOST = 1_000
"""Most tasks in one claim: the store cuts it into scripts of at most ``policy.BATCH``."""


IN_VAIN_MS = 20
"""Pause after a claim that brought only tasks whose workers are full or absent while others have
room, unless room comes free: a long queue of such tasks must not be claimed and released in haste.
"""


class Agenda:
    """The dispatcher's regular calls of the store."""

    def __init__(self, timers: Timers, now: float) -> None:
        """Start with a look for work; leases are reaped once workers could have said Hello."""
        self._timers = timers
        self._claiming = self._renewing = self._reaping = self._listening = False
        self._work_hinted = True
        self._claim_at_ms = inf
        self._renew_at_ms = now + timers.renew_ms
        self._renew_sent_ms = now
        self._renewed_ms = now
        self._claim_sent_ms = now
        self._claimed_ms = inf
        self._reap_at_ms = now + timers.silence_ms
        self._not_before_ms = -inf
        self._room = 0
        self._closing = False

    @property
    def claiming(self) -> bool:
        """Return whether a claim is under way."""
        return self._claiming

    @property
    def renewed_ms(self) -> float:
        """Return since when all leases in our care are sure to have been renewed."""
        return self._renewed_ms

    def next_ms(self) -> float:
        """Return when ``calls`` must be asked again at the latest."""
        renew = inf if self._renewing else self._renew_at_ms
        reap = inf if self._renewing or self._reaping else self._reap_at_ms
        return min(renew, reap, self._claim_at_ms)

    def calls(
        self, now: float, room: int, held: Callable[[], list[Attempt]]
    ) -> Iterator[CallRenew | CallReap | CallClaim | CallListen]:
        """Yield what is due. ``room``: how many tasks could be placed; ``held``: our leases."""
        if now >= self._renew_at_ms and not self._renewing:
            yield from self._renew(now, held())
        if now >= self._reap_at_ms and not (self._reaping or self._renewing):
            self._reap_at_ms = now + self._timers.reap_ms
            self._reaping = True
            yield CallReap(BATCH)
        if self._closing:
            return
        if now >= self._claim_at_ms:
            self._claim_at_ms = inf
            self._work_hinted = True
        if room > self._room and now < self._not_before_ms:
            self._not_before_ms, self._work_hinted = -inf, True
        self._room = room
        if self._work_hinted and now < self._not_before_ms:
            self._work_hinted = False
            self.work_at(self._not_before_ms)
        if self._work_hinted and room > 0 and not self._claiming:
            self._claiming, self._work_hinted = True, False
            self._claim_sent_ms = now
            yield CallClaim(min(room, CLAIM_MOST))
        if not self._listening:
            self._listening = True
            yield CallListen(self._timers.poll_ms)

    def _renew(self, now: float, held: list[Attempt]) -> Iterator[CallRenew]:
        self._renew_at_ms = now + self._timers.renew_ms
        self._claimed_ms = inf
        if held:
            self._renewing = True
            self._renew_sent_ms = now
            yield CallRenew(tuple(held))
        else:
            self._renewed_ms = now

    def claimed(self, now: float, *, more: bool, next_due_ms: int | None) -> None:
        """Note a claim's answer: whether there may be more, and when the next task is due.

        A hint that came since the claim was sent holds: the claim may have looked before it. A
        renewal that was sent since then has not renewed what it brought; if the answer took long,
        the next one is due at once.
        """
        self._claiming = False
        self._claimed_ms = min(self._claimed_ms, self._claim_sent_ms)
        self._renewed_ms = min(self._renewed_ms, self._claimed_ms)
        self._renew_at_ms = min(self._renew_at_ms, self._claimed_ms + self._timers.renew_ms)
        self._work_hinted = self._work_hinted or more
        if next_due_ms is not None:
            self.work_at(now + next_due_ms)

    def in_vain(self, now: float) -> None:
        """Note that nothing of what was claimed could be placed, for want of the right worker."""
        self._not_before_ms = now + IN_VAIN_MS

    def renewed(self) -> None:
        """Note that all leases were renewed, but for those claimed since that was sent."""
        self._renewing = False
        self._renewed_ms = min(self._renew_sent_ms, self._claimed_ms)

    def reaped(self, now: float, count: int) -> None:
        """Note how many leases had expired: there is work then, and maybe more to reap."""
        self._reaping = False
        self._work_hinted = self._work_hinted or count > 0
        if count >= BATCH:
            self._reap_at_ms = now

    def hinted(self) -> None:
        """Note that the bell rang, or that nothing was heard for long."""
        self._listening = False
        self._work_hinted = True

    def work_at(self, moment: float) -> None:
        """Note that there is work to be claimed from ``moment`` on."""
        if not self._closing:
            self._claim_at_ms = min(self._claim_at_ms, moment)

    def failed(self, call: CallRenew | CallReap | CallClaim | CallListen, now: float) -> None:
        """Note that the store did not answer; the caller says when it may be asked again."""
        match call:
            case CallClaim():
                self._claiming, self._work_hinted = False, True
            case CallRenew():
                self._renewing = False
                self._renew_at_ms = now
            case CallReap():
                self._reaping = False
            case CallListen():
                self._listening = False

    def close(self, now: float) -> None:
        """Claim and listen no more; renew once more, to leave a successor all the time."""
        self._closing = True
        self._claim_at_ms = inf
        self._renew_at_ms = now
