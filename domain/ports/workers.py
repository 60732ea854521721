"""What is known of workers: each dispatcher writes down its own, everybody may read.

It is a view and never a truth that a promise rests on: it is a second old, and may be lost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from ..function import Environment
from ..identifiers import TaskId, WorkerId

RUNNING_MOST = 100
"""Of a worker's running tasks so many are named."""

LOST_AFTER_MS = 15_000
"""Workers of a dispatcher that has written nothing for so long are shown as lost."""

FORGOTTEN_AFTER_MS = 75_000
"""... and are no longer shown after so long."""

DRAIN_MS = 24 * 60 * 60 * 1000
"""How long the wish to drain a worker is kept while no dispatcher knows that worker."""


class WorkerState(StrEnum):
    """Where a worker stands."""

    READY = "ready"
    DRAINING = "draining"
    """It finishes what it has, and is given nothing more."""
    LOST = "lost"
    """It, or its dispatcher, has said nothing for too long."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A worker as its dispatcher sees it now. Ages are milliseconds.

    ``incarnation`` names the worker's process: it tells one run from the next of the same name.
    ``in_hand`` counts what it was given and has not ended, ``running`` names those of them that
    have begun and last, at most RUNNING_MOST.
    """

    id: WorkerId
    incarnation: str
    host: str
    pid: int
    environment: Environment
    slots: int
    in_hand: int
    running: tuple[TaskId, ...]
    state: WorkerState
    connected_ago_ms: int
    seen_ago_ms: int


@dataclass(frozen=True, slots=True)
class WorkerRecord:
    """A worker as everybody sees it. Times are milliseconds since 1970 by the store's clock.

    ``drain_wished``: its dispatcher says that it is ready, and will hear that it is to be drained.
    """

    id: WorkerId
    incarnation: str
    mode: str
    host: str
    pid: int
    environment: Environment
    slots: int
    in_hand: int
    running: tuple[TaskId, ...]
    state: WorkerState
    connected_at_ms: int
    seen_at_ms: int
    dispatcher: str
    drain_wished: bool = False

    @property
    def takes_tasks(self) -> bool:
        """Return whether it is given tasks, and nobody has wished that it be not."""
        return self.state is WorkerState.READY and not self.drain_wished


@dataclass(frozen=True, slots=True)
class Muster:
    """What dispatcher ``dispatcher`` of mode ``mode`` wrote of its workers at ``noted_at_ms``."""

    dispatcher: str
    mode: str
    noted_at_ms: int
    sightings: tuple[Sighting, ...]


class WorkerStore(Protocol):
    """The musters of all dispatchers, and the wishes to drain. May raise StoreUnavailable."""

    async def muster(
        self, dispatcher: str, mode: str, sightings: Sequence[Sighting]
    ) -> frozenset[WorkerId]:
        """Write down all workers of a dispatcher, in place of what it wrote last.

        Returns those of them that somebody wishes to be drained. May be repeated.
        """
        ...

    async def workers(self) -> list[WorkerRecord]:
        """Return all workers, by id; see ``records_of`` and ``with_wishes``."""
        ...

    async def wish_drain(self, worker: WorkerRecord, *, drain: bool = True) -> None:
        """Have a worker drained, as long as its process lives, and ring for its dispatcher.

        Or take that wish back. Whoever has it by then hears of it with the answer to its next
        muster. May be repeated.
        """
        ...


def with_wishes(
    workers: Sequence[WorkerRecord], wishes: Mapping[WorkerId, str]
) -> list[WorkerRecord]:
    """Return workers with the wishes to drain of which their dispatchers have not heard yet.

    ``wishes`` are the incarnations that are to be drained.
    """
    return [
        replace(each, drain_wished=True)
        if each.state is WorkerState.READY and wishes.get(each.id) == each.incarnation
        else each
        for each in workers
    ]


def records_of(musters: Sequence[Muster], now_ms: int) -> list[WorkerRecord]:
    """Return each worker once, by id, as the dispatcher saw it that heard of it last.

    Those of a dispatcher that is silent are lost, and after a while gone.
    """
    latest: dict[WorkerId, WorkerRecord] = {}
    for muster in musters:
        age_ms = now_ms - muster.noted_at_ms
        if age_ms >= FORGOTTEN_AFTER_MS:
            continue
        for each in muster.sightings:
            record = WorkerRecord(
                id=each.id,
                incarnation=each.incarnation,
                mode=muster.mode,
                host=each.host,
                pid=each.pid,
                environment=each.environment,
                slots=each.slots,
                in_hand=each.in_hand,
                running=each.running,
                state=WorkerState.LOST if age_ms >= LOST_AFTER_MS else each.state,
                connected_at_ms=muster.noted_at_ms - each.connected_ago_ms,
                seen_at_ms=muster.noted_at_ms - each.seen_ago_ms,
                dispatcher=muster.dispatcher,
            )
            known = latest.get(each.id)
            if known is None or known.seen_at_ms < record.seen_at_ms:
                latest[each.id] = record
    return [latest[worker] for worker in sorted(latest)]
