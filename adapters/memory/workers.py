"""The memory store's view of workers: the reference of the WorkerStore port."""

from collections.abc import Sequence

from ...domain.identifiers import WorkerId
from ...domain.ports import Muster, Sighting, WorkerRecord
from ...domain.ports.workers import DRAIN_MS, FORGOTTEN_AFTER_MS, records_of, with_wishes
from .ground import Ground


class MemoryWorkers:
    """The musters of all dispatchers."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._clock = ground.clock
        self._musters: dict[str, tuple[float, Muster]] = {}
        self._wishes: dict[WorkerId, tuple[float, str]] = {}

    async def muster(
        self, dispatcher: str, mode: str, sightings: Sequence[Sighting]
    ) -> frozenset[WorkerId]:
        """Write down all workers of a dispatcher; return those to be drained."""
        now = self._clock.steady_ms()
        noted = Muster(dispatcher, mode, self._clock.unix_ms(), tuple(sightings))
        self._musters[dispatcher] = (now, noted)
        self._forget(now)
        wished = frozenset(
            each.id
            for each in sightings
            if each.id in self._wishes and self._wishes[each.id][1] == each.incarnation
        )
        for worker in wished:
            self._wishes[worker] = (now + DRAIN_MS, self._wishes[worker][1])
        return wished

    async def workers(self) -> list[WorkerRecord]:
        """Return all workers, by id."""
        self._forget(self._clock.steady_ms())
        musters = [muster for _, muster in self._musters.values()]
        wishes = {worker: incarnation for worker, (_, incarnation) in self._wishes.items()}
        return with_wishes(records_of(musters, self._clock.unix_ms()), wishes)

    async def wish_drain(self, worker: WorkerRecord, *, drain: bool = True) -> None:
        """Have a worker drained, or no more, and ring for its dispatcher."""
        if drain:
            self._wishes[worker.id] = (self._clock.steady_ms() + DRAIN_MS, worker.incarnation)
        else:
            self._wishes.pop(worker.id, None)
        self._ground.records.bells.add(worker.dispatcher)
        self._ground.tell()

    def _forget(self, now: float) -> None:
        old = [d for d, (at, _) in self._musters.items() if now - at >= FORGOTTEN_AFTER_MS]
        for dispatcher in old:
            del self._musters[dispatcher]
        for worker in [w for w, (until, _) in self._wishes.items() if until <= now]:
            del self._wishes[worker]
