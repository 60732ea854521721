"""The memory store's functions: each name's versions, and the newest of each in order."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ...domain.function import Function, FunctionHead, FunctionName
from ...domain.identifiers import FunctionId
from ...domain.ports import DELETED_RETENTIONS, Filed
from .ground import Ground
from .records import Records
from .shelves import Shelf


class MemoryFunctions:
    """The FunctionStore port over the records, which are shared with the tasks."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._deleted_ms = ground.retention_ms * DELETED_RETENTIONS

    @property
    def _records(self) -> Records:
        return self._ground.records

    async def put(self, functions: Sequence[Function], *, unless_same: bool = False) -> list[Filed]:
        """Store functions, each as the next version of its name."""
        self._forget_deleted()
        return [self._put(function, unless_same=unless_same) for function in functions]

    async def fetch(self, function_ids: Sequence[FunctionId]) -> list[Function | None]:
        """Return functions; None for those that do not exist."""
        self._forget_deleted()
        return [self._records.functions.get(function_id) for function_id in function_ids]

    async def heads(self, wanted: Sequence[FunctionId | FunctionName]) -> list[FunctionHead | None]:
        """Return functions without their code; None for those that do not exist."""
        self._forget_deleted()
        found = (self._records.functions.get(self._meant(each)) for each in wanted)
        return [None if function is None else function.head for function in found]

    async def catalogue(self, before: FunctionId | None, limit: int) -> list[FunctionHead]:
        """Return the newest version of each name, the latest first."""
        newest = (shelf.newest for shelf in self._records.shelves.names.values())
        ids = sorted((identifier for identifier in newest if identifier), reverse=True)
        return self._heads(ids if before is None else (each for each in ids if each < before))[
            :limit
        ]

    async def versions(self, name: str, before: int | None, limit: int) -> list[FunctionHead]:
        """Return the versions of a name, the latest first."""
        shelf = self._records.shelves.of(name)
        numbers = sorted(shelf.live, reverse=True)
        return self._heads(
            shelf.live[number] for number in numbers if before is None or number < before
        )[:limit]

    async def delete(self, function_ids: Sequence[FunctionId]) -> list[bool]:
        """Have functions take no new tasks."""
        self._forget_deleted()
        return [self._delete(function_id) for function_id in function_ids]

    # ------------------------------------------------------------ inside

    def _put(self, function: Function, *, unless_same: bool) -> Filed:
        records = self._records
        shelf = records.shelves.names.setdefault(function.name, Shelf())
        newest = records.functions.get(shelf.newest) if unless_same else None
        known = records.functions.get(function.id)
        if known is None and newest is not None and newest.digest == function.digest:
            known = newest
        if known is not None:
            return Filed(known.id, known.version, new=False)
        version = shelf.next_version
        records.functions[function.id] = replace(function, version=version)
        shelf.live[version] = function.id
        return Filed(function.id, version, new=True)

    def _meant(self, wanted: FunctionId | FunctionName) -> FunctionId:
        if not isinstance(wanted, FunctionName):
            return wanted
        shelf = self._records.shelves.of(wanted.name)
        if wanted.version is None:
            return shelf.newest
        every = shelf.live | shelf.gone
        return every.get(wanted.version, FunctionId(""))

    def _heads(self, ids: Iterable[FunctionId]) -> list[FunctionHead]:
        return [self._records.functions[each].head for each in ids]

    def _delete(self, function_id: FunctionId) -> bool:
        function = self._records.functions.get(function_id)
        if function is None or function.deleted:
            return False
        self._records.functions[function_id] = replace(function, deleted=True)
        shelf = self._records.shelves.names[function.name]
        shelf.gone[function.version] = shelf.live.pop(function.version)
        shelf.gone_until = self._ground.clock.steady_ms() + self._deleted_ms
        self._records.shelves.deleted.append((shelf.gone_until, function_id))
        return True

    def _forget_deleted(self) -> None:
        """Drop functions that were deleted long ago; a name once nothing is known of it."""
        now, deleted = self._ground.clock.steady_ms(), self._records.shelves.deleted
        while deleted and deleted[0][0] <= now:
            function = self._records.functions.pop(deleted.popleft()[1])
            shelf = self._records.shelves.names.get(function.name)
            if shelf is not None and shelf.gone_until <= now:
                shelf.gone.clear()
                if not shelf.live:
                    del self._records.shelves.names[function.name]
