"""When a dispatcher writes down what it knows of its workers, and who of them is to be drained.

Nothing of it is on the way of a task: the workers are looked at once a second, and written down
where something about them has changed, where the bell rang (somebody may wish a drain), and now
and then so that what was written does not grow old. Without workers nothing is looked at.
"""

from collections.abc import Collection, Iterator
from itertools import islice
from math import inf

from ..identifiers import WorkerId
from ..policy import round_after
from ..ports import Sighting, WorkerState
from ..ports.workers import RUNNING_MOST
from .crew import Crew
from .effects import CallMuster
from .member import Member

LOOK_MS = 1_000
"""How often workers are looked at, and the most often that they are written down."""

REFRESH_MS = 5_000
"""How often they are written down where nothing changes: thrice in ``LOST_AFTER_MS``."""

SHOW_LOST_MS = 60_000
"""How long a worker is shown that has gone silent."""

LOST_MOST = 1_000
"""Of so many of them at most, the latest."""


class Musters:
    """What this dispatcher has written of its workers."""

    def __init__(self, crew: Crew) -> None:
        """Start with nobody."""
        self._crew = crew
        self._lost: dict[WorkerId, tuple[float, Member]] = {}
        self._written: list[tuple[object, ...]] = []
        self.look_at_ms = -inf
        """Before then ``calls`` has nothing to say."""
        self._refresh_at_ms = -inf
        self._asked = False
        self._closing = False
        self.under_way = False

    @property
    def next_ms(self) -> float:
        """Return when ``calls`` must be asked again at the latest."""
        somebody = self._crew.members or self._lost or self._written
        return self.look_at_ms if somebody and not self.under_way else inf

    def lost(self, member: Member, now: float) -> None:
        """Show a worker that has gone silent for a while."""
        self._lost[member.worker] = (now, member)
        if len(self._lost) > LOST_MOST:
            del self._lost[next(iter(self._lost))]

    def hinted(self) -> None:
        """Ask for wishes with the next look: the bell rang."""
        self._asked = True

    def close(self) -> None:
        """Write down once more that nobody is here: workers find the next dispatcher."""
        self._closing = True
        self.look_at_ms = -inf

    def calls(self, now: float) -> Iterator[CallMuster]:
        """Yield the call that is due, if there is one; O(workers and their tasks), once a second.

        One that is under way is waited for.
        """
        if now < self.next_ms:
            return
        self.look_at_ms = inf if self._closing else round_after(now, LOOK_MS)
        sightings = [] if self._closing else [*self._sightings(now)]
        facts = [_facts(each) for each in sightings]
        old = now >= self._refresh_at_ms and bool(facts)
        if facts == self._written and not (old or (self._asked and facts)):
            return
        self._asked = False
        self._written = facts
        self._refresh_at_ms = round_after(now, REFRESH_MS)
        self.under_way = True
        yield CallMuster(tuple(sightings))

    def done(self, wishes: Collection[WorkerId]) -> None:
        """Note that it is written, and drain whom somebody wishes to be drained, and no other."""
        self.under_way = False
        self._crew.drain_only(wishes)
        for worker in wishes:
            self._crew.drain(worker)

    def failed(self) -> None:
        """Have it written with the next look: the store did not answer."""
        self.under_way = False
        self._refresh_at_ms = -inf

    def _sightings(self, now: float) -> Iterator[Sighting]:
        for worker, (since, member) in list(self._lost.items()):
            if now - since >= SHOW_LOST_MS or worker in self._crew.members:
                del self._lost[worker]
            else:
                yield _sighting(member, WorkerState.LOST, now)
        for member in self._crew.members.values():
            drains = self._crew.is_draining(member)
            yield _sighting(member, WorkerState.DRAINING if drains else WorkerState.READY, now)


def _sighting(member: Member, state: WorkerState, now: float) -> Sighting:
    gone = state is WorkerState.LOST
    begun = (a.task_id for a, holding in member.in_hand.items() if holding.started)
    return Sighting(
        id=member.worker,
        incarnation=member.session.incarnation,
        host=member.host,
        pid=member.pid,
        environment=member.environment,
        slots=member.slots,
        in_hand=0 if gone else len(member.in_hand),
        running=() if gone else tuple(islice(begun, RUNNING_MOST)),
        state=state,
        connected_ago_ms=round(now - member.joined_ms),
        seen_ago_ms=round(now - member.heard_ms),
    )


def _facts(sighting: Sighting) -> tuple[object, ...]:
    """Return what is written down when it changes: all but the ages."""
    return (
        sighting.id,
        sighting.incarnation,
        sighting.environment,
        sighting.slots,
        sighting.in_hand,
        sighting.running,
        sighting.state,
    )
