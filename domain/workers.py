"""The use cases about workers: who is there, and who shall be given nothing more."""

from dataclasses import replace

from .errors import NotFound
from .identifiers import WorkerId
from .ports import WorkerRecord, WorkerState, WorkerStore


class Workers:
    """What is known of the workers of all dispatchers; see ``ports/workers.py``."""

    def __init__(self, store: WorkerStore) -> None:
        """Take the port."""
        self._store = store

    async def list(self) -> list[WorkerRecord]:
        """Return all workers, by id; raise StoreUnavailable."""
        return await self._store.workers()

    async def get(self, worker: WorkerId) -> WorkerRecord:
        """Return one; raise NotFound, StoreUnavailable."""
        for record in await self._store.workers():
            if record.id == worker:
                return record
        raise NotFound("worker", worker)

    async def drain(self, worker: WorkerId) -> WorkerRecord:
        """Have a worker given nothing more, until its process ends; return how it stands.

        It finishes what it has, stays connected and can be stopped without harm. Its dispatcher
        hears of it within about a second. Raises NotFound, StoreUnavailable.
        """
        record = await self.get(worker)
        await self._store.wish_drain(record)
        if record.state is WorkerState.READY:
            return replace(record, state=WorkerState.DRAINING)
        return record

    async def undrain(self, worker: WorkerId) -> WorkerRecord:
        """Have a worker given tasks again that was to be drained; return how it stands.

        Its dispatcher hears of it within about a second. Raises NotFound, StoreUnavailable.
        """
        record = await self.get(worker)
        await self._store.wish_drain(record, drain=False)
        if record.state is WorkerState.DRAINING:
            return replace(record, state=WorkerState.READY)
        return record
