"""Tasks that a submit leases at once to a dispatcher which has claimed in advance."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ...domain.function import family_of
from ...domain.policy import HANDED_BYTES, HANDED_MOST, HANDED_MS
from ...domain.ports import Credit, Leased, Repeated, Submitted
from ...domain.task import NewTask, TaskEvent, TaskStatus
from . import steps, transitions
from .record import Record
from .records import Records
from .steps import Moment

TAKERS_MOST = 10
"""Of so many dispatchers it is known what they have claimed in advance."""


@dataclass(slots=True)
class _Taker:
    owner: str
    credit: Credit
    rooms: dict[str, int]
    given: list[Leased] = field(default_factory=list[Leased])

    def takes(self, tag: str) -> bool:
        room = self.rooms.get(tag, 0)
        return room > 0 and self.rooms.get(family_of(tag), room) > 0


def submit(
    records: Records, tasks: Sequence[NewTask], limit: int, keep_ms: int, now: Moment
) -> list[Submitted | Repeated]:
    """Record new tasks, as in ``transitions.submit``; hand over what can be, ring for the rest."""
    takers = _takers(records, now) if len(tasks) <= HANDED_MOST else []
    answers: list[Submitted | Repeated] = []
    rings = False
    for task in tasks:
        answers.append(transitions.submit(records, task, limit, keep_ms, now))
        if answers[-1] is Submitted.NEW:
            rings |= not _hand_over(records, records.tasks[task.id], takers, now)
    for taker in takers:
        if taker.given:
            del records.credit[taker.owner]
            records.handed.setdefault(taker.owner, []).append(tuple(taker.given))
            records.fetch_by[taker.owner] = now.steady + HANDED_MS
    if rings:
        records.ring(now.steady)
    return answers


def _takers(records: Records, now: Moment) -> list[_Taker]:
    listeners = sorted((until, owner) for owner, until in records.listeners.items())
    owners = [owner for until, owner in listeners if until >= now.steady][:TAKERS_MOST]
    return [
        _Taker(owner, records.credit[owner], dict(records.credit[owner].wants))
        for owner in owners
        if owner in records.credit
    ]


def _hand_over(records: Records, record: Record, takers: list[_Taker], now: Moment) -> bool:
    """Lease a task that was just queued to one of the takers; False if it is not to be."""
    new, tag = record.new, record.tag
    is_plain = record.due is None and not new.expires_at_ms and not new.result_ttl_ms
    if not is_plain or len(new.payload) > HANDED_BYTES or new.priority in records.paused:
        return False
    if sum(len(queue) for (its, _), queue in records.ready.items() if its == tag) > 1:
        return False
    for taker in takers:
        if taker.takes(tag):
            for each in {tag, family_of(tag)} & taker.rooms.keys():
                taker.rooms[each] -= 1
            (taken,) = records.pop_ready(tag, new.priority, 1)
            claimer = transitions.Claimer(taker.owner, taker.credit.token, taker.credit.lease_ms)
            taker.given.append(transitions.lease(records, taken, claimer, now))
            return True
    return False


def fetch(records: Records, owner: str) -> tuple[Leased, ...]:
    """Return, and forget, what one submit has handed over to ``owner``; nothing if none has."""
    handed = records.handed.get(owner)
    if not handed:
        return ()
    tasks = handed.pop(0)
    if not handed:
        del records.handed[owner], records.fetch_by[owner]
    return tasks


def take_back(records: Records, now: Moment) -> None:
    """Queue again what nobody has fetched in time."""
    over = sorted((until, owner) for owner, until in records.fetch_by.items())
    heads: list[Record] = []
    for _, owner in [each for each in over if each[0] <= now.steady]:
        del records.fetch_by[owner]
        for leased in [task for tasks in records.handed.pop(owner) for task in tasks]:
            record = records.tasks.get(leased.attempt.task_id)
            is_running = record is not None and record.status is TaskStatus.RUNNING
            if record is not None and is_running and record.attempt == leased.attempt:
                record.ended_by = TaskEvent.RELEASE
                steps.back(records, record, TaskEvent.RELEASE, now)
                heads.append(record)
    transitions.push_heads(records, heads)
