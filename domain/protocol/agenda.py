"""When the dispatcher next renews, reaps, claims and listens: one of each under way at a time.

Claims follow hints (the doorbell, a delayed task that is due) over a poll with a deadline: a lost
hint costs a moment, never a task. A hint holds for each environment until it is claimed for, so
one whose workers are full is claimed for as soon as they have room. Leases are renewed before any
are reaped, so that after an outage of the store nobody takes back what still runs; and a
dispatcher that has just started reaps only after ``silence_ms``, so that workers which outlived
the last one can be adopted first, and what they finished meanwhile is not run again.

Whoever listens has claimed in advance as well, what there is room for: a task that comes alone is
handed over with the hint, and nobody claims. Before the dispatcher leaves, it takes that back.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from math import inf

from ..function import family_of
from ..identifiers import Attempt
from ..policy import BATCH, HANDED_MOST, Timers, in_full_batches, round_after
from ..ports import Defeat
from .effects import CallClaim, CallHush, CallListen, CallReap, CallRenew

CLAIM_MOST = 1_000
"""Most tasks in one claim: the store cuts it into scripts of at most ``policy.BATCH``."""


class Agenda:
    """The dispatcher's regular calls of the store."""

    def __init__(self, timers: Timers, now: float) -> None:
        """Start with a look for work; leases are reaped once workers could have said Hello."""
        self._timers = timers
        self._renewing = self._reaping = False
        self._calls_made = self._claiming = self._listening = 0  # the number of the call, if any
        self._answer_first = False
        self._covered: set[str] = set()
        self._claim_at_ms = inf
        self._renew_at_ms = now + timers.renew_ms
        self._renew_sent_ms = now
        self.renewed_ms = now
        """Since when all leases in our care are sure to have been renewed."""
        self._claim_sent_ms = now
        self._claimed_ms = inf
        self._reap_at_ms = now + timers.silence_ms
        self._closing = self._hushing = self._hushed = False

    @property
    def awaits_tasks(self) -> bool:
        """Return whether a call is under way, or to be made, that may bring tasks."""
        listens = self._closing and (self._listening or not self._hushed)
        return bool(self._claiming or listens)

    @property
    def under_way(self) -> frozenset[int]:
        """Return which calls are under way that may bring tasks: no number is used twice."""
        return frozenset({self._claiming, self._listening}) - {0}

    def lease_left(self, now: float) -> int:
        """Return how many ms every lease of ours is sure to last: few, if we have stood still."""
        return max(0, round(self._timers.lease_ms - (now - self.renewed_ms)))

    def next_ms(self) -> float:
        """Return when ``calls`` must be asked again at the latest."""
        renew = inf if self._renewing else self._renew_at_ms
        reap = inf if self._renewing or self._reaping else self._reap_at_ms
        return min(renew, reap, self._claim_at_ms)

    def calls(
        self,
        now: float,
        served: Collection[str],
        rooms: Callable[[], Mapping[str, int]],
        held: Callable[[], list[Attempt]],
    ) -> Iterator[CallRenew | CallReap | CallClaim | CallListen | CallHush]:
        """Yield what is due. ``served``: the environments of all workers. ``rooms``: how many tasks
        of which could be placed now, those with no room left out; ``held``: our leases.
        """
        if now >= self._renew_at_ms and not self._renewing:
            yield from self._renew(now, held())
        if now >= self._reap_at_ms and not (self._reaping or self._renewing):
            self._reap_at_ms = round_after(now, self._timers.reap_ms)
            self._reaping = True
            yield CallReap(BATCH)
        if self._closing:
            if not (self._hushing or self._hushed):
                self._hushing = True
                yield CallHush()
            return
        if now >= self._claim_at_ms:
            self._claim_at_ms = inf
            self._covered.clear()
        if not (self._claiming or self._covered.issuperset(served)):
            room = rooms()
            if not self._covered.issuperset(room):
                self._claiming = self._next_number()
                self._claim_sent_ms = now
                self._covered.update(room)
                yield CallClaim(_at_most(CLAIM_MOST, room))
        if not (self._listening or (self._answer_first and self._claiming)):
            self._listening = self._next_number()
            free = {} if self._claiming else rooms()
            yield CallListen(self._timers.poll_ms, _at_most(HANDED_MOST, free))

    def _next_number(self) -> int:
        self._calls_made += 1
        return self._calls_made

    def _renew(self, now: float, held: list[Attempt]) -> Iterator[CallRenew]:
        self._renew_at_ms = round_after(now, self._timers.renew_ms)
        self._claimed_ms = inf
        if held:
            self._renewing = True
            self._renew_sent_ms = now
            yield CallRenew(tuple(held))
        else:
            self.renewed_ms = now

    def claimed(self, now: float, left: Iterable[str], next_due_ms: int | None) -> None:
        """Note a claim's answer: of what there is more, and when the next task is due.

        A hint that came since the claim was sent holds: the claim may have looked before it.
        """
        self._claiming, self._answer_first = 0, False
        self._leased_since(self._claim_sent_ms)
        self._covered.difference_update(left)
        if next_due_ms is not None:
            self.work_at(now + next_due_ms)

    def _leased_since(self, moment: float) -> None:
        """Note leases that may be as old as that.

        A renewal that was sent since then has not renewed them; if their coming took long, the
        next one is due at once.
        """
        self._claimed_ms = min(self._claimed_ms, moment)
        self.renewed_ms = min(self.renewed_ms, self._claimed_ms)
        self._renew_at_ms = min(self._renew_at_ms, self._claimed_ms + self._timers.renew_ms)

    def renewed(self) -> None:
        """Note that all leases were renewed, but for those claimed since that was sent."""
        self._renewing = False
        self.renewed_ms = min(self._renew_sent_ms, self._claimed_ms)

    def reaped(self, now: float, count: int) -> None:
        """Note how many leases had expired: there is work then, and maybe more to reap."""
        self._reaping = False
        if count:
            self._covered.clear()
        if count >= BATCH:
            self._reap_at_ms = now

    def hinted(self, *, handed: bool = False) -> None:
        """Note that the bell rang, that nothing was heard for long, or that tasks were ``handed``.

        Nothing more is listened for before a claim was answered, if one is under way or follows:
        so a task that comes alone need not wait for the calls of the next listen (0.2 ms), and one
        listen a claim is enough where the bell rings for each hundred tasks (2 us a task).
        """
        self._listening = 0
        self._answer_first = True
        if not handed:
            self._covered.clear()

    def handed(self, since: float) -> None:
        """Note that tasks were handed over which were claimed in advance, not before ``since``.

        There need not be more. A lost hint is waited for no longer than if nothing was heard.
        """
        self._leased_since(since)
        self.work_at(self._claim_sent_ms + self._timers.poll_ms)

    def hushed(self) -> None:
        """Note that nothing is claimed in advance any more."""
        self._hushing, self._hushed = False, True

    def work_at(self, moment: float) -> None:
        """Note that there is work to be claimed from ``moment`` on."""
        if not self._closing:
            self._claim_at_ms = min(self._claim_at_ms, moment)

    def requeued(self, defeats: Sequence[Defeat], now: float) -> None:
        """Note that some of these have their tasks run again, and when."""
        for defeat in defeats:
            if defeat.requeue is not None:
                self.work_at(now + defeat.requeue.delay_ms)

    def failed(
        self, call: CallRenew | CallReap | CallClaim | CallListen | CallHush, now: float
    ) -> None:
        """Note that the store did not answer; the caller says when it may be asked again.

        What was claimed in advance is not asked for twice: see ``orphans.py``.
        """
        match call:
            case CallClaim():
                self._claiming, self._answer_first = 0, False
                self._covered.clear()
            case CallRenew():
                self._renewing = False
                self._renew_at_ms = now
            case CallReap():
                self._reaping = False
            case CallListen():
                self._listening = 0
            case CallHush():
                self._hushing, self._hushed = False, True

    def close(self, now: float) -> None:
        """Claim and listen no more; renew once more, to leave a successor all the time."""
        self._closing = True
        self._claim_at_ms = inf
        self._renew_at_ms = now


def _at_most(most: int, rooms: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Return the room by tag, cut to ``most`` tasks in all: a fair share for each environment.

    A family gets what its environments get together: it is the same room.
    """
    own = [tag for tag in rooms if family_of(tag) != tag]
    if len(own) == 1:
        shares = {own[0]: in_full_batches(rooms[own[0]], most)}
    else:
        share = max(1, most // max(1, len(own)))
        shares = {tag: min(rooms[tag], share) for tag in own}
    for family in [tag for tag in rooms if family_of(tag) == tag]:
        room = sum(shares[tag] for tag in own if family_of(tag) == family)
        shares[family] = min(rooms[family], room)
    return tuple(shares.items())
