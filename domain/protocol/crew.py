"""The workers that a dispatcher knows: who speaks, who is silent, and what to tell whom.

Members join by a handshake (``reception.py``) and leave by a goodbye or by silence. The roster,
by which tasks are placed, is kept in step with them here and nowhere else.
"""

from collections.abc import Callable, Collection, Container, Iterable
from itertools import groupby
from math import inf
from operator import attrgetter

from ..identifiers import Attempt, WorkerId
from ..policy import Timers, round_after
from ..ports import Completion, Defeat
from ..scheduling import Roster
from .effects import Send
from .member import Holding, Member
from .messages import Report

CHECK_MS = 1_000
"""How often silent workers are looked for: a wake-up a second, and none when nobody is there."""

ACKNOWLEDGED_MOST = 100
"""So many recorded outcomes a worker is told of at once: it keeps them until then."""

ACKNOWLEDGED_BYTES = 64 * 1024
"""The same of one whose result is so long."""

_worker_of: Callable[[Completion | Defeat], WorkerId] = attrgetter("worker")


class Crew:
    """Sessions by worker. Keeps the roster in step with them."""

    def __init__(self, timers: Timers, roster: Roster) -> None:
        """Start with nobody."""
        self._timers = timers
        self._roster = roster
        self.touched: dict[WorkerId, None] = {}
        """Those to whom there may be something to say: for ``flush``."""
        self._draining: dict[WorkerId, str] = {}
        self._closing = False
        self.members: dict[WorkerId, Member] = {}
        """Those who are connected."""
        self.check_at_ms = inf

    # ------------------------------------------------------------ who speaks, who is silent

    def join(self, member: Member, now: float) -> None:
        """Let a worker in, in place of its earlier session if there was one."""
        self.members[member.worker] = member
        self.check_at_ms = min(self.check_at_ms, round_after(now, CHECK_MS))
        if self.is_draining(member):
            return
        self._draining.pop(member.worker, None)
        self._offer(member)

    def drain(self, worker: WorkerId) -> None:
        """Give a worker nothing more, in this session and those that follow of its process."""
        member = self.members.get(worker)
        if member is not None:
            self._draining[worker] = member.session.incarnation
            self._roster.remove(worker)

    def drain_only(self, workers: Container[WorkerId]) -> None:
        """Give work again to those that are drained and are none of these: the wish is gone."""
        for worker in [each for each in self._draining if each not in workers]:
            del self._draining[worker]
            member = self.members.get(worker)
            if member is not None and not member.suspended:
                self._offer(member)

    def _offer(self, member: Member) -> None:
        self._roster.put(
            member.worker,
            member.serves,
            (member.slots, member.window, len(member.in_hand)),
        )

    def is_draining(self, member: Member) -> bool:
        """Return whether a worker is given nothing more because somebody wished so."""
        return self._draining.get(member.worker) == member.session.incarnation

    def speaker(self, peer: bytes, report: Report) -> Member | None:
        """Return the worker whose open session this report belongs to, if there is one."""
        member = self.members.get(report.worker)
        if member is None or member.suspended:
            return None
        return member if (member.session, member.peer) == (report.session, peer) else None

    def silent(self, now: float) -> list[Member]:
        """Return the workers that have not spoken for too long; O(workers), once a second.

        Time in which we were stopped ourselves does not count: what they said is still unread.
        """
        if now < self.check_at_ms:
            return []
        stopped_ms = now - self.check_at_ms
        for member in self.members.values():
            member.heard_ms = min(now, member.heard_ms + stopped_ms)
        self.check_at_ms = round_after(now, CHECK_MS) if self.members else inf
        limit = now - self._timers.silence_ms
        return [member for member in self.members.values() if member.heard_ms <= limit]

    def suspend(self, worker: WorkerId) -> None:
        """Say and give nothing more in this session; the worker must say Hello anew.

        What it holds stays with it until it does, or is silent for too long.
        """
        member = self.members.get(worker)
        if member is not None:
            member.suspended = True
            self._roster.remove(worker)

    def remove(self, member: Member) -> list[Holding]:
        """Forget a worker; return what it held."""
        self.members.pop(member.worker, None)
        self.touched.pop(member.worker, None)
        self._draining.pop(member.worker, None)
        self._roster.remove(member.worker)
        return list(member.in_hand.values())

    # ------------------------------------------------------------ what to tell whom

    def assign(self, worker: WorkerId, holdings: Iterable[Holding]) -> None:
        """Give a worker, chosen by the roster, tasks."""
        self.members[worker].assign(holdings)
        self.touched[worker] = None

    def recorded(self, records: Collection[Completion | Defeat], now: float) -> None:
        """Let workers forget outcomes that are written, or refused for good.

        Each is told with whatever is said to it next, the answer to its beat at the latest: so a
        task alone is spared a message. But at once if it has heard nothing for half a beat, and
        might think us silent; if it keeps much for it; and if it or we are about to leave.
        """
        quiet_since = now - self._timers.beat_ms / 2
        if self._closing or any(map(_is_large, records)):
            quiet_since = inf
        for worker, told in groupby(records, _worker_of):
            self.acknowledge(worker, [record.attempt for record in told], quiet_since)

    def acknowledge(
        self, worker: WorkerId, attempts: Iterable[Attempt], quiet_since: float = inf
    ) -> None:
        """Let a worker forget outcomes; one that has left is fine: it asks when it returns.

        At once if nothing was said to it since ``quiet_since``, and where ``recorded`` says so.
        """
        member = self.members.get(worker)
        if member is None or member.suspended:
            return
        waiting = member.acknowledge(attempts)
        if waiting >= ACKNOWLEDGED_MOST or member.told_ms <= quiet_since or not member.window:
            self.touched[worker] = None

    def close(self) -> None:
        """Keep nothing from anybody any more: we are about to leave."""
        self._closing = True
        self.touched.update(dict.fromkeys(self.members))

    def update(self, member: Member, *, answer: bool) -> None:
        """Let the roster know of a worker's room; ``answer`` its report now, or with what follows.

        A report that brings outcomes is answered once they are recorded, one message less each; at
        once while the store is away, or a worker that has much to say would think us silent.
        """
        if answer:
            member.answer_due = True
            self.touched[member.worker] = None
        self._roster.update(member.worker, member.window, len(member.in_hand))

    def cancel(self, attempts: Collection[Attempt]) -> None:
        """Have whoever runs these attempts stop."""
        for member in self.members.values():
            for attempt in [each for each in member.in_hand if each in attempts]:
                member.cancel(attempt)
                self.touched[member.worker] = None
            self._roster.update(member.worker, member.window, len(member.in_hand))

    def flush(self, lease_ms: int, now: float) -> list[Send]:
        """Return all that is to be said now; O(workers that there is something to say to)."""
        touched, self.touched = self.touched, {}
        said: list[Send] = []
        for worker in touched:
            member = self.members[worker]
            if not member.suspended:
                member.told_ms = now
                said += [Send(member.peer, worker, each) for each in member.orders(lease_ms)]
        return said


def _is_large(record: Completion | Defeat) -> bool:
    """Return whether a worker keeps much until it is told that this is recorded."""
    return isinstance(record, Completion) and len(record.success.result) >= ACKNOWLEDGED_BYTES
