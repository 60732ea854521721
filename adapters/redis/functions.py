"""The registered functions on Redis: a hash each, and the versions of each name in order."""

from collections.abc import Iterable, Sequence

from ...domain.function import Function, FunctionHead, FunctionName
from ...domain.identifiers import FunctionId
from ...domain.policy import BATCH
from ...domain.ports import DELETED_RETENTIONS, Filed
from . import function_rows as rows
from .batches import CALL_BYTES, batches
from .codec import rows as as_rows
from .driver import Driver
from .framing import frame
from .record import text
from .wire import Word


class RedisFunctions:
    """The FunctionStore port over a driver."""

    def __init__(self, driver: Driver, retention_ms: int) -> None:
        self._driver = driver
        self._deleted_ms = max(1, retention_ms * DELETED_RETENTIONS)

    async def put(self, functions: Sequence[Function], *, unless_same: bool = False) -> list[Filed]:
        """Store functions; all or none as far as they fit one call: 100, 16 MiB."""
        filed: list[Filed] = []
        for batch in batches(functions, lambda each: len(each.payload) + len(each.source)):
            items = frame(item for function in batch for item in rows.function_items(function))
            answer = await self._driver.run("put", int(unless_same), items)
            filed.extend(map(rows.filed, as_rows(answer, rows.FILED)))
        return filed

    async def fetch(self, function_ids: Sequence[FunctionId]) -> list[Function | None]:
        """Return functions; None for those that do not exist."""
        found: list[Function | None] = []
        for batch in batches(function_ids):
            rest = batch
            while rest:
                asked = frame(function_id.encode() for function_id in rest)
                answer = await self._driver.run("fetch", CALL_BYTES, asked)
                told = as_rows(answer, rows.FUNCTION)
                found.extend(map(rows.function, rest, told))
                rest = rest[len(told) :]
        return found

    async def heads(self, wanted: Sequence[FunctionId | FunctionName]) -> list[FunctionHead | None]:
        """Return functions without their code; None for those that do not exist."""
        found: list[FunctionHead | None] = []
        for batch in batches(wanted):
            asked = frame(item for each in batch for item in rows.wanted_items(each))
            found.extend(self._read(await self._driver.run("heads", asked)))
        return found

    async def catalogue(self, before: FunctionId | None, limit: int) -> list[FunctionHead]:
        """Return the newest version of each name, the latest first."""
        found: list[FunctionHead] = []
        while (left := limit - len(found)) > 0:
            most = min(left, BATCH)
            cursor = found[-1].id if found else before or ""
            found.extend(part := await self._list("names", "", cursor, most))
            if len(part) < most:
                break
        return found

    async def versions(self, name: str, before: int | None, limit: int) -> list[FunctionHead]:
        """Return the versions of a name, the latest first."""
        found: list[FunctionHead] = []
        while (left := limit - len(found)) > 0:
            most = min(left, BATCH)
            cursor = found[-1].version if found else before
            words = (text(name), "" if cursor is None else cursor, most)
            found.extend(part := await self._list("versions", *words))
            if len(part) < most:
                break
        return found

    async def delete(self, function_ids: Sequence[FunctionId]) -> list[bool]:
        """Have functions take no new tasks."""
        letters = b""
        for batch in batches(function_ids):
            asked = frame(function_id.encode() for function_id in batch)
            letters += await self._driver.run("delete", self._deleted_ms, asked)
        return [letter == ord("D") for letter in letters]

    async def _list(self, *words: Word) -> list[FunctionHead]:
        heads = self._read(await self._driver.run("catalogue", *words))
        return [head for head in heads if head is not None]

    @staticmethod
    def _read(answer: bytes) -> Iterable[FunctionHead | None]:
        return map(rows.head, as_rows(answer, rows.HEAD))
